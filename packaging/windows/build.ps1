# Builds the Windows installer in one command, from a clone, on 64-bit Windows 10 or 11:
#   powershell -ExecutionPolicy Bypass -File packaging\windows\build.ps1 [-Variant cpu|cuda] [-TorchIndex URL] [-KeepFrozen]
# Needs Python 3.11 (python.org), Inno Setup 6.3 or newer (jrsoftware.org) and PyPI; behind a proxy set HTTPS_PROXY.
# -KeepFrozen packs dist\SegDepth of the last time again. Steps and messages are those of packaging/linux/build.sh.
# Read line by line and parsed, but not tried: there was no Windows where it was written. ASCII only, and nothing newer
# than PowerShell 5.1: that is what Windows has.
param(
    [ValidateSet("cpu", "cuda")] [string] $Variant = "cpu",
    [string] $TorchIndex = "",
    [switch] $KeepFrozen
)
# for cmdlets; what a program returns is looked at by Invoke-Program
$ErrorActionPreference = "Stop"
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$root = (Resolve-Path -LiteralPath (Join-Path $PSScriptRoot "..\..")).Path
Set-Location -LiteralPath $root
$frozen = Join-Path $root "dist\SegDepth"
$python = Join-Path $root ".venv\Scripts\python.exe"
$mostOfPath = 60

function Say([string] $What) { Write-Host ("package: {0} (after {1:N0} s)" -f $What, $clock.Elapsed.TotalSeconds) }

# No output is redirected: PowerShell 5.1 would take every line on stderr, a warning of pip's for one, for an error.
function Invoke-Program([string] $What, [scriptblock] $Step) {
    Say $What
    $global:LASTEXITCODE = 0
    & $Step
    if ($LASTEXITCODE -ne 0) { throw "${What}: failed with exit code $LASTEXITCODE. What went wrong stands above." }
}

function Remove-Folder([string] $Path) {
    if (Test-Path -LiteralPath $Path) { Remove-Item -LiteralPath $Path -Recurse -Force }
}

function Find-Compiler {
    $found = @()
    foreach ($hive in "HKCU:\SOFTWARE", "HKLM:\SOFTWARE", "HKLM:\SOFTWARE\WOW6432Node") {
        $entry = Get-ItemProperty "$hive\Microsoft\Windows\CurrentVersion\Uninstall\Inno Setup 6_is1" -ErrorAction SilentlyContinue
        if (-not $entry) { continue }
        # ISCC.exe itself says 0.0.0.0
        if ($entry.DisplayVersion -match "^\d+\.\d+" -and [version] $Matches[0] -lt [version] "6.3") {
            throw "Inno Setup $($entry.DisplayVersion) is too old: 6.3 or newer is needed. Get it from jrsoftware.org."
        }
        $found += Join-Path $entry.InstallLocation "ISCC.exe"
    }
    $found += "${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe", "$env:LOCALAPPDATA\Programs\Inno Setup 6\ISCC.exe"
    $compiler = $found | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
    if (-not $compiler) { throw "Inno Setup 6 was not found. Install it from jrsoftware.org and start again." }
    return $compiler
}

function New-Environment {
    # the launcher comes with python.org's installer, not with the Store's
    if (Get-Command py -ErrorAction SilentlyContinue) {
        Invoke-Program "making .venv" { py -3.11 -m venv .venv }
    } elseif (Get-Command python -ErrorAction SilentlyContinue) {
        Invoke-Program "looking for Python 3.11" { python -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" }
        Invoke-Program "making .venv" { python -m venv .venv }
    } else {
        throw "Python 3.11 was not found. Install it from python.org and start again."
    }
}

function Get-TorchKind {
    # no torch, or one that cannot be loaded, is of no kind
    $kind = & $python -c "import importlib.util as u; print('' if u.find_spec('torch') is None else 'cuda' if __import__('torch').version.cuda else 'cpu')"
    if ($LASTEXITCODE -ne 0) { return "" }
    return $kind
}

function Install-Packages {
    # further constraints hold what Linux does not need; what Windows does not need does no harm
    $constraints = @("-c", "packaging\constraints.txt", "-c", "packaging\windows\constraints.txt")
    if ((Get-TorchKind) -ne $Variant) {
        $build = if ($Variant -eq "cuda") { "cu130" } else { "cpu" }
        $index = if ($TorchIndex) { $TorchIndex } else { "https://download.pytorch.org/whl/$build" }
        $torch = (Select-String -LiteralPath packaging\constraints.txt -Pattern "^torch==(\S+)").Matches[0].Groups[1].Value
        Invoke-Program "installing torch $torch from $index" {
            & $python -m pip install -q --disable-pip-version-check --no-deps --force-reinstall --index-url $index "torch==$torch"
        }
    }
    Invoke-Program "installing packages" {
        & $python -m pip install -q --disable-pip-version-check @constraints -e ".[build]"
    }
    $kind = Get-TorchKind
    if ($kind -ne $Variant) { throw "The torch in .venv is a build for '$kind', not for $Variant. Is its index reached?" }
}

$compiler = Find-Compiler
# the deepest file of the packages needs 196 characters more, and Windows allows 259
if ($root.Length -gt $mostOfPath) { throw "$root is too long a path for Windows: clone into a folder of at most $mostOfPath characters." }
if (-not (Test-Path -LiteralPath $python)) { New-Environment }
Install-Packages
$version = & $python -c "import segdepth_app; print(segdepth_app.__version__)"
if ($LASTEXITCODE -ne 0) { throw "The version of SegDepth cannot be read. What went wrong stands above." }

if (-not $KeepFrozen) {
    Remove-Folder (Join-Path $root "build\frozen")
    Remove-Folder $frozen
    Invoke-Program "freezing $version ($Variant)" {
        & $python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build\frozen packaging\segdepth.spec
    }
}
if (-not (Test-Path -LiteralPath "$frozen\SegDepth.exe")) { throw "$frozen holds no program. Start without -KeepFrozen." }
Invoke-Program "collecting licences" { & $python packaging\licences.py $frozen }
$bytes = (Get-ChildItem -LiteralPath $frozen -Recurse -File | Measure-Object -Property Length -Sum).Sum
Say ("frozen: {0:N0} MB" -f ($bytes / 1mb))

Invoke-Program "self-test of the frozen program" { & "$frozen\segdepth-worker.exe" self-test }
# the window's own executable: it has no console, so PowerShell would not wait for it
Say "opening the window once"
$window = Start-Process -FilePath "$frozen\SegDepth.exe" -ArgumentList "self-test", "--window" -Wait -PassThru
if ($window.ExitCode -ne 0) { throw "The window did not open: exit code $($window.ExitCode)." }

$name = "SegDepth-$version-$Variant-setup"
Get-ChildItem -Path dist -Filter "$name*" | Remove-Item
Invoke-Program "building $name.exe" {
    & $compiler /Qp "/DVersion=$version" "/DVariant=$Variant" packaging\windows\segdepth.iss
}
$made = Get-ChildItem -Path dist -Filter "$name*" | ForEach-Object { "{0:N0}M {1}" -f ($_.Length / 1mb), $_.Name }
Say ("done: " + ($made -join "  "))
