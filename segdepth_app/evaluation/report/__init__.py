"""The report: one HTML file, figures and tables (CSV) of evaluations and studies."""
