@echo off
rem Starts Sibangkit Geo by a double click, or with a folder that is dropped on this file.
rem Looks for .venv beside this file and up to two folders above, then for an installed sibangkit.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
title Sibangkit Geo
set "FOLDER=%~1"
set "DROPPED="
set "RUN="
for %%P in ("%~dp0.venv" "%~dp0..\.venv" "%~dp0..\..\.venv") do if not defined RUN if exist "%%~P\Scripts\sibangkit.exe" set "RUN=%%~P\Scripts\sibangkit.exe"
if not defined RUN for %%X in (sibangkit.exe) do if not "%%~$PATH:X"=="" set "RUN=%%~$PATH:X"
set "SELF=%~nx0"
setlocal EnableDelayedExpansion
rem Explorer puts no quotes around a dropped path that holds an ampersand but no blank, and %1 then
rem ends there: the whole path is taken from the line that started this window. Within exclamation
rem marks nothing in it is a command.
set "LINE=!cmdcmdline:"=!"
set "REST=!LINE:*%SELF%=!"
if not "!REST!"=="!LINE!" set "DROPPED=1"
if defined DROPPED set "FOLDER=!REST!"
:front
if defined FOLDER if "!FOLDER:~0,1!"==" " (
  set "FOLDER=!FOLDER:~1!"
  goto front
)
:back
if defined FOLDER if "!FOLDER:~-1!"==" " (
  set "FOLDER=!FOLDER:~0,-1!"
  goto back
)
rem a backslash before a closing quote would mask it
if defined FOLDER if "!FOLDER:~-1!"=="\" set "FOLDER=!FOLDER!."
if not defined RUN goto missing
if defined FOLDER (
  "!RUN!" mulai "!FOLDER!"
) else (
  "!RUN!" mulai
)
set "CODE=!ERRORLEVEL!"
goto end
:missing
echo Sibangkit Geo belum terpasang: .venv tidak ada di dekat berkas ini, dan perintah sibangkit tidak ditemukan.
echo Pasang menurut README, lalu buka lagi berkas ini.
set "CODE=1"
:end
echo.
echo Tekan sembarang tombol untuk menutup jendela ini.
pause >nul
rem what stands behind an ampersand in a dropped path must not run as a command
if defined DROPPED exit !CODE!
exit /b !CODE!
