; For check.sh alone: what a running SegDepth looks like to the installer, for as long as C:\held exists.
[Setup]
AppName=Holder
AppVersion=1
DefaultDirName={tmp}
Uninstallable=no
CreateAppDir=no
PrivilegesRequired=lowest

[Code]
function InitializeSetup: Boolean;
begin
  CreateMutex('SegDepthIsRunning');
  SaveStringToFile('C:\held', 'yes', False);
  while FileExists('C:\held') do
    Sleep(100);
  Result := False;
end;
