"""Opening TEM series of any format, lazily, with pixel size and vacuum level."""
