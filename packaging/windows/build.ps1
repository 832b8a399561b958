# Builds the Windows installer in one command, from a clone, on Windows 10 or 11 with Python 3.11 and Inno Setup 6:
#   powershell -ExecutionPolicy Bypass -File packaging\windows\build.ps1 [-Variant cpu|cuda] [-TorchIndex URL]
# Not tried where it was written (no Windows there); the program's own self-test is its last step but one.
param(
    [ValidateSet("cpu", "cuda")] [string] $Variant = "cpu",
    [string] $TorchIndex = ""
)
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")
if (-not $TorchIndex) {
    $TorchIndex = if ($Variant -eq "cuda") { "https://download.pytorch.org/whl/cu128" } else { "https://download.pytorch.org/whl/cpu" }
}

function Invoke-Step([string] $What, [scriptblock] $Step) {
    Write-Host "package: $What"
    & $Step
    if ($LASTEXITCODE -ne 0) { throw "$What failed with exit code $LASTEXITCODE" }
}

if (-not (Test-Path .venv)) { Invoke-Step "making .venv" { py -3.11 -m venv .venv } }
$python = ".venv\Scripts\python.exe"
$torch = (Select-String -Path packaging\constraints.txt -Pattern "^torch==(.+)$").Matches[0].Groups[1].Value
# the Linux-only pins of the constraints are unknown to Windows' pip and do no harm
Invoke-Step "installing torch $torch from $TorchIndex" { & $python -m pip install -q --index-url $TorchIndex "torch==$torch" }
Invoke-Step "installing packages" { & $python -m pip install -q -c packaging\constraints.txt -e ".[build]" }

Remove-Item -Recurse -Force -ErrorAction SilentlyContinue build\frozen, dist\SegDepth
Invoke-Step "freezing" {
    & $python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build\frozen packaging\segdepth.spec
}
Invoke-Step "collecting licences" { & $python packaging\licences.py dist\SegDepth }
Invoke-Step "self-test of the frozen program" { & dist\SegDepth\segdepth-worker.exe self-test }

$version = & $python -c "import segdepth_app; print(segdepth_app.__version__)"
$compiler = @("${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe", "$env:LOCALAPPDATA\Programs\Inno Setup 6\ISCC.exe") |
    Where-Object { Test-Path $_ } | Select-Object -First 1
if (-not $compiler) { throw "Inno Setup 6 was not found; install it from jrsoftware.org and start again." }
Invoke-Step "compiling the installer" { & $compiler /Qp "/DVersion=$version" "/DVariant=$Variant" packaging\windows\segdepth.iss }
Get-ChildItem dist\SegDepth-*.exe | ForEach-Object { Write-Host ("package: {0}, {1:N0} MB" -f $_.Name, ($_.Length / 1MB)) }
