"""Opening TEM series of any format, lazily, with pixel size and vacuum level.

Import from the modules: `opener.open_series`, `resample.area_resample`, `calibration.check_sampling`.
This file stays empty so that nothing heavy is imported by accident.
"""
