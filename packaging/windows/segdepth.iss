; Inno Setup 6: per-user installer for Windows. Compiled by packaging\windows\build.ps1 with /DVersion and /DVariant.
; It could not be tried where it was written: see the guide's page on building.
#ifndef Version
  #error Start packaging\windows\build.ps1, which defines Version
#endif
#ifndef Variant
  #define Variant "cpu"
#endif

[Setup]
AppId={{6E0D3E53-0C1B-4E0B-9B0E-5E6D70A1D110}
AppName=SegDepth
AppVersion={#Version}
AppPublisher=The SegDepth developers
AppPublisherURL=https://github.com/segdepth/segdepth
DefaultDirName={localappdata}\Programs\SegDepth
DefaultGroupName=SegDepth
DisableProgramGroupPage=yes
; no administrator: everything is the user's own
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\resources\icons\segdepth.ico
UninstallDisplayIcon={app}\SegDepth.exe
OutputDir=..\..\dist
OutputBaseFilename=SegDepth-{#Version}-{#Variant}-setup
Compression=lzma2/fast
SolidCompression=yes
; a CUDA build is larger than what one .exe may hold
#if Variant == "cuda"
DiskSpanning=yes
#endif
CloseApplications=yes
ChangesAssociations=yes
WizardStyle=modern

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "associate"; Description: "Open SegDepth models (.safetensors) with SegDepth, and offer it for results (.h5)"

[InstallDelete]
; files of an older version that the new one does not have
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\SegDepth\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\SegDepth"; Filename: "{app}\SegDepth.exe"
Name: "{group}\{cm:UninstallProgram,SegDepth}"; Filename: "{uninstallexe}"
Name: "{userdesktop}\SegDepth"; Filename: "{app}\SegDepth.exe"; Tasks: desktopicon

[Registry]
Root: HKCU; Subkey: "Software\Classes\SegDepth.Model"; ValueType: string; ValueData: "SegDepth model"; Flags: uninsdeletekey; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\SegDepth.exe,0"; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Model\shell\open\command"; ValueType: string; ValueData: """{app}\SegDepth.exe"" view ""%1"""; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\.safetensors\OpenWithProgids"; ValueType: string; ValueName: "SegDepth.Model"; ValueData: ""; Flags: uninsdeletevalue; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Result"; ValueType: string; ValueData: "SegDepth result"; Flags: uninsdeletekey; Tasks: associate
Root: HKCU; Subkey: "Software\Classes\SegDepth.Result\shell\open\command"; ValueType: string; ValueData: """{app}\SegDepth.exe"" view ""%1"""; Tasks: associate
; other programs write .h5 as well: offered, not taken
Root: HKCU; Subkey: "Software\Classes\.h5\OpenWithProgids"; ValueType: string; ValueName: "SegDepth.Result"; ValueData: ""; Flags: uninsdeletevalue; Tasks: associate

[Run]
Filename: "{app}\SegDepth.exe"; Description: "{cm:LaunchProgram,SegDepth}"; Flags: nowait postinstall skipifsilent
