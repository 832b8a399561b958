"""What goes along with the View tab's presenter: told of every change, and asked where it may know better."""

from segdepth_app.gui.view.series_facts import SeriesFacts


class Companion:
    """This one does nothing; the calibration takes its place."""

    def opened(self, facts: SeriesFacts) -> bool:
        """The child has opened the series; True: it is opened anew with other values, nothing is to be shown yet."""
        return False

    def refused(self, message: str, hint: str) -> bool:
        """The child could not open the series; True: the user is asked for what is wanting."""
        return False

    def typed(self) -> None:
        """The user typed a value for the series."""

    def refreshed(self) -> None:
        """Facts, model or result may have changed."""

    def left(self) -> None:
        """The series is closed."""
