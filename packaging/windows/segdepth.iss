; Inno Setup 6.3 or newer: per-user installer for Windows. Compiled by packaging\windows\build.ps1 with /DVersion and
; /DVariant. packaging/windows/check.sh compiles, installs, upgrades and uninstalls it under wine, with stand-ins for
; the program; on Windows itself it has not been tried.
#ifndef Version
  #error Start packaging\windows\build.ps1, which defines Version
#endif
#ifndef Variant
  #define Variant "cpu"
#endif
#if Ver < EncodeVer(6, 3, 0)
  #error Inno Setup 6.3 or newer is needed (x64compatible)
#endif
; held by the window and by every job while they run: segdepth_app/__main__.py
#define Mutex "SegDepthIsRunning"

[Setup]
; one for both variants: installing one over the other replaces it
AppId={{6E0D3E53-0C1B-4E0B-9B0E-5E6D70A1D110}
AppName=SegDepth
AppVersion={#Version}
VersionInfoVersion={#Version}
AppPublisher=The SegDepth developers
AppPublisherURL=https://github.com/segdepth/segdepth
DefaultDirName={localappdata}\Programs\SegDepth
DefaultGroupName=SegDepth
DisableProgramGroupPage=yes
; few clicks: the licence asks for no consent, it is installed with the others; the ready page repeats the one before
DisableReadyPage=yes
; no administrator: everything is the user's own
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; what Qt 6.11 needs
MinVersion=10.0.17763
SetupIconFile=..\..\resources\icons\segdepth.ico
UninstallDisplayIcon={app}\SegDepth.exe
UninstallDisplayName=SegDepth
OutputDir=..\..\dist
OutputBaseFilename=SegDepth-{#Version}-{#Variant}-setup
Compression=lzma2/fast
SolidCompression=yes
; CUDA's libraries are larger than what one .exe may hold: the .bin files must lie beside it
#if Variant == "cuda"
DiskSpanning=yes
#endif
; a job that computes is not closed by an installer: it asks the user to end SegDepth first
AppMutex={#Mutex}
CloseApplications=no
ChangesAssociations=yes
ShowLanguageDialog=auto
SetupLogging=yes
WizardStyle=modern

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[CustomMessages]
en.Associate=Open SegDepth models (.safetensors) with SegDepth, and offer it for results (.h5)
de.Associate=SegDepth-Modelle (.safetensors) mit SegDepth öffnen und es für Ergebnisse (.h5) anbieten
en.CommandLine=SegDepth command line
de.CommandLine=SegDepth-Befehlszeile
en.Model=SegDepth model
de.Model=SegDepth-Modell
en.Result=SegDepth result
de.Result=SegDepth-Ergebnis

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "associate"; Description: "{cm:Associate}"

[InstallDelete]
; files of an older version, or of the other variant, that this one does not have
Type: filesandordirs; Name: "{app}\_internal"

[UninstallDelete]
; nothing of the user's is in there; what a library may have left beside its files goes too
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\SegDepth\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion
Source: "segdepth.cmd"; DestDir: "{app}\bin"; Flags: ignoreversion

[Icons]
Name: "{group}\SegDepth"; Filename: "{app}\SegDepth.exe"
Name: "{group}\{cm:CommandLine}"; Filename: "{cmd}"; Parameters: "/k set ""PATH={app}\bin;%PATH%"""; WorkingDir: "{userdocs}"; IconFilename: "{app}\segdepth-worker.exe"
Name: "{group}\{cm:UninstallProgram,SegDepth}"; Filename: "{uninstallexe}"
Name: "{userdesktop}\SegDepth"; Filename: "{app}\SegDepth.exe"; Tasks: desktopicon

[Registry]
Root: HKCU; Subkey: "Software\Classes\SegDepth.Model"; ValueType: string; ValueData: "{cm:Model}"; Flags: uninsdeletekey; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\SegDepth.exe,0"; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Model\shell\open\command"; ValueType: string; ValueData: """{app}\SegDepth.exe"" view ""%1"""; Tasks: associate
; another program's claim on the ending stays; ours is taken back below, if it is still ours
Root: HKCU; Subkey: "Software\Classes\.safetensors"; ValueType: string; ValueData: "SegDepth.Model"; Flags: createvalueifdoesntexist uninsdeletekeyifempty; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\.safetensors\OpenWithProgids"; ValueType: string; ValueName: "SegDepth.Model"; ValueData: ""; Flags: uninsdeletevalue uninsdeletekeyifempty; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Result"; ValueType: string; ValueData: "{cm:Result}"; Flags: uninsdeletekey; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Result\DefaultIcon"; ValueType: string; ValueData: "{app}\SegDepth.exe,0"; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Result\shell\open\command"; ValueType: string; ValueData: """{app}\SegDepth.exe"" view ""%1"""; Tasks: associate
; other programs write .h5 as well: offered, not taken
Root: HKCU; Subkey: "Software\Classes\.h5"; Flags: uninsdeletekeyifempty; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\.h5\OpenWithProgids"; ValueType: string; ValueName: "SegDepth.Result"; ValueData: ""; Flags: uninsdeletevalue uninsdeletekeyifempty; Tasks: associate

[Run]
Filename: "{app}\SegDepth.exe"; Description: "{cm:LaunchProgram,SegDepth}"; Flags: nowait postinstall skipifsilent

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Owner: String;
begin
  if (Step = usUninstall) and RegQueryStringValue(HKCU, 'Software\Classes\.safetensors', '', Owner) then
    if Owner = 'SegDepth.Model' then
      RegDeleteValue(HKCU, 'Software\Classes\.safetensors', '');
end;
