@"%~dp0..\segdepth-worker.exe" %*
