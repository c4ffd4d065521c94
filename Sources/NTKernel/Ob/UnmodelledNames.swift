/// Names that a real machine has and this one does not.
///
/// To say that such an object does not exist would be a guess about what a driver then does, so a
/// lookup that fails on one of them ends the run.
enum UnmodelledNames {
  /// Whether an object that is not there would be there on a real machine.
  ///
  /// - Parameters:
  ///   - name: The component that was not found.
  ///   - directory: The path of the directory in which it was not found.
  /// - Returns: Whether it would.
  static func contains(_ name: some StringProtocol, in directory: String) -> Bool {
    guard let names = names[ObjectName(directory)] else { return false }
    let name = ObjectName(name).units
    return names.contains { known in
      // A number may follow: Serial0, Harddisk0, C:.
      name.starts(with: known.units)
        && name.dropFirst(known.units.count).allSatisfy { 0x30...0x3A ~= $0 }
    }
  }

  /// Whether a real machine has objects in a directory that this one has not.
  static func hasNames(in directory: String) -> Bool { names[ObjectName(directory)] != nil }

  private static let names: [ObjectName: [ObjectName]] = [
    ObjectName("\\"): [
      "ArcName", "DosDevices", "??", "KernelObjects", "KnownDlls", "KnownDlls32", "NLS",
      "RPC Control", "Security", "Sessions", "SystemRoot", "UMDFCommunicationPorts", "Windows",
      "WindowsErrorReportingServicePort", "LsaAuthenticationPort", "SeLsaCommandPort",
    ].map(ObjectName.init),
    ObjectName("\\Device"): [
      "Afd", "Beep", "CdRom", "ConDrv", "DeviceApi", "FileInfo", "Floppy", "Harddisk",
      "HarddiskVolume", "Http", "Ip", "KeyboardClass", "KsecDD", "LanmanRedirector", "Mailslot",
      "MountPointManager", "Mup", "NamedPipe", "Ndis", "NetBT", "NPF", "Nsi", "Null", "Parallel",
      "PointerClass", "RawIp", "Serial", "Tcp", "Tcp6", "Udp", "Udp6", "Video", "WfpAle",
    ].map(ObjectName.init),
    ObjectName("\\Driver"): [
      "ACPI", "AFD", "atapi", "Beep", "Disk", "HTTP", "i8042prt", "Kbdclass", "KSecDD", "Mouclass",
      "mountmgr", "NDIS", "Null", "partmgr", "PCI", "PnpManager", "storahci", "Tcpip", "usbhub",
      "vdrvroot", "volmgr", "WMIxWDM",
    ].map(ObjectName.init),
    ObjectName("\\FileSystem"): ["Cdfs", "Fastfat", "FltMgr", "Mup", "Npfs", "Ntfs", "RAW"]
      .map(ObjectName.init),
    ObjectName("\\Callback"): [
      "AfdTdxCallback", "EnlightenmentState", "LicensingData", "NdisBindUnbind",
      "Phase1InitComplete", "SeImageVerificationDriverInfo", "TcpConnectionCallbackTemp",
      "WdEbNotificationCallback", "WdProcessNotificationCallback",
    ].map(ObjectName.init),
    ObjectName("\\DosDevices"): dosNames,
    ObjectName("\\??"): dosNames,
    ObjectName("\\GLOBAL??"): dosNames,
  ]

  private static let dosNames =
    ([
      "AUX", "COM", "CON", "CONIN$", "CONOUT$", "DISPLAY", "GLOBALROOT", "LPT", "MAILSLOT",
      "MountPointManager", "Ndis", "NUL", "PhysicalDrive", "PIPE", "PRN", "Tcp", "UNC", "CdRom",
    ] + "ACD".map { "\($0):" })
    .map(ObjectName.init)
}
