/// Files that a real machine's system volume has and this one has not.
///
/// To say that such a file does not exist would be a guess about what a driver then does, so opening
/// one ends the run. A name that is not listed here is one that only the driver's own set-up makes.
enum SystemFiles {
  /// Whether a file that is not in a directory would be there on a real machine.
  static func isMissing(_ name: some StringProtocol, in directory: String) -> Bool {
    let name = name.lowercased()
    let place = directory.lowercased()
    if place == "\\" { return rootNames.contains(name) }
    guard isWithinSystem(place) else { return false }
    let stem = String(name.prefix { $0 != "." })
    return systemStems.contains(stem) || systemDirectories.contains(name)
  }

  /// Whether a real machine's directory holds more than this one's.
  static func isPartial(_ directory: String) -> Bool {
    directory == "\\" || isWithinSystem(directory.lowercased())
  }

  private static func isWithinSystem(_ place: String) -> Bool {
    place.hasPrefix("\\win")
      && ["", "\\system32", "\\system32\\drivers", "\\system32\\config", "\\syswow64", "\\system"]
        .contains(String(place.dropFirst().drop { $0 != "\\" }))
  }

  private static let rootNames: Set<String> = [
    "autoexec.bat", "boot", "boot.ini", "bootmgr", "config.sys", "documents and settings",
    "hiberfil.sys", "io.sys", "msdos.sys", "ntdetect.com", "ntldr", "pagefile.sys", "perflogs",
    "program files", "program files (x86)", "programdata", "recovery", "recycler", "$recycle.bin",
    "swapfile.sys", "system volume information", "users", "$mft", "$logfile", "$volume", "$bitmap",
    "$boot", "$badclus", "$secure", "$upcase", "$extend", "$attrdef",
  ]

  private static let systemDirectories: Set<String> = [
    "apppatch", "catroot", "catroot2", "config", "debug", "dllcache", "driverstore", "en-us",
    "etc", "fonts", "help", "inf", "logfiles", "media", "minidump", "prefetch", "profiles",
    "repair", "servicing", "spool", "system", "syswow64", "tasks", "umdf", "wbem", "winevt",
    "winsxs",
  ]

  private static let systemStems: Set<String> = [
    "acpi", "advapi32", "afd", "atapi", "beep", "bootvid", "cdfs", "cdrom", "ci", "clfs", "cmd",
    "csrss", "default", "disk", "explorer", "fastfat", "fltmgr", "ftdisk", "gdi32", "hal",
    "hosts", "http", "i8042prt", "kbdclass", "kdcom", "kernel32", "kernelbase", "ks", "ksecdd",
    "lsass", "mouclass", "mountmgr", "mpsdrv", "msvcrt", "mup", "ndis", "netbt", "npfs", "ntdll",
    "ntfs", "ntkrnlmp", "ntkrnlpa", "ntkrpamp", "ntoskrnl", "null", "ole32", "partmgr", "pci",
    "rdbss", "sam", "security", "services", "shell32", "smss", "software", "srv", "svchost",
    "system", "tcpip", "tdi", "user32", "usbd", "usbhub", "usbport", "videoprt", "volmgr",
    "volsnap", "watchdog", "wdf01000", "wdfldr", "win32k", "win32kbase", "win32kfull", "wininit",
    "winlogon", "wmilib", "ws2_32",
  ]
}
