@echo off
rem Installs quarterhour from the wheels beside this file. Nothing is downloaded.
rem "install.bat quiet" does not wait for a key at the end.
setlocal
set "QUIET=%~1"
rem pushd also works where this folder lies on a share of another computer.
pushd "%~dp0" || goto nofolder
set "PYTHONUTF8=1"
set "PYTHONHOME="
set "PYTHONPATH="
set "PIP_CONFIG_FILE=nul"
set "PIP_DISABLE_PIP_VERSION_CHECK=1"
set "RIGHT=import struct, sys; sys.exit(sys.version_info[:2] != (@MAJOR@, @MINOR@) or struct.calcsize('P') != 8)"

set "FOUND="
if exist ".venv\Scripts\python.exe" ".venv\Scripts\python.exe" -c "%RIGHT%" >nul 2>nul && goto install
py -@PYTHON@ -c "%RIGHT%" >nul 2>nul && set "FOUND=py -@PYTHON@"
if not defined FOUND python -c "%RIGHT%" >nul 2>nul && set "FOUND=python"
if not defined FOUND goto nopython
echo Making .venv with Python @PYTHON@ ...
%FOUND% -m venv --clear .venv || goto failed

:install
echo Installing, this takes a few minutes ...
".venv\Scripts\python.exe" -m pip install --quiet --no-index --find-links wheels --require-hashes -r requirements.txt || goto failed
>quarterhour.bat echo @echo off
>>quarterhour.bat echo "%%~dp0.venv\Scripts\python.exe" -m quarterhour %%*
".venv\Scripts\python.exe" -m quarterhour --version || goto failed
echo Done. Begin with:  quarterhour.bat demo --size small
set "STATUS=0"
goto end

:nofolder
echo This folder cannot be entered. Unzip the bundle first, then start install.bat in it.
set "STATUS=2"
goto end

:nopython
echo Python @PYTHON@ for 64 bits was not found. Install it, tick "Add python.exe to PATH", and start again.
set "STATUS=2"
goto end

:failed
echo The installation did not succeed. See the lines above and README.txt.
set "STATUS=1"

:end
popd
if /i not "%QUIET%"=="quiet" pause
exit /b %STATUS%
