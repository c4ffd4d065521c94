/// Sources that the history names more than once.
enum Source {
  static let kb199311 = "KB199311 (Q199311)"
  static let reservedMapping = "ReactOS kernel-mode test MmReservedMapping"
  static let bugChecks = "Geoff Chappell, bugchecks/index.htm"
  static let nt4DDK = "NT 4.0 DDK reference"
  static let ddi = "windows-driver-docs-ddi@6dcd4d9f"
  static let docs = "windows-driver-docs@825aa15f"
  static let poolSizes = "KB Q126402"
  static let memoryLimits = "Microsoft Docs, Memory Limits for Windows and Windows Server Releases"
  static let symbols = "public symbols, AndreyBazhan/SymStore@274bfeec"
}
