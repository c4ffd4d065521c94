extension Behaviour {
  private static let eprocess = "Geoff Chappell, inc/ntos/ps/eprocess/index.htm"
  private static let kprcb32 = "Geoff Chappell, inc/ntos/i386_x/kprcb/index.htm"
  private static let kprcb64 = "Geoff Chappell, inc/ntos/amd64_x/kprcb/index.htm"

  /// What differs in what the kernel keeps for each processor and process.
  static let processorHistory: [Change] = [
    .first(\.processorVendorOffset32, evidence: .document(kprcb32)),
    .since(.nt350, \.processorVendorOffset32, 0x335, evidence: .document(kprcb32)),
    .since(.nt351, \.processorVendorOffset32, 0x34D, evidence: .document(kprcb32)),
    .since(.nt400, \.processorVendorOffset32, 0x52D, evidence: .document(kprcb32)),
    .since(.w2k, \.processorVendorOffset32, 0x72D, evidence: .document(kprcb32)),
    .since(.wxp, \.processorVendorOffset32, 0x900, evidence: .document(kprcb32)),
    .since(.ws03, \.processorVendorOffset32, 0xA78, evidence: .document(kprcb32)),
    .since(.ws03sp1, \.processorVendorOffset32, 0xB60, evidence: .document(kprcb32)),
    .since(.vista, \.processorVendorOffset32, 0x1BAC, evidence: .document(kprcb32)),
    .since(.vistasp1, \.processorVendorOffset32, 0x1C2C, evidence: .document(kprcb32)),
    .since(.win7, \.processorVendorOffset32, 0x336C, evidence: .document(kprcb32)),
    .since(.win8, \.processorVendorOffset32, 0x3C7C, evidence: .document(kprcb32)),
    .since(.win10_1507, \.processorVendorOffset32, 0x3CFC, evidence: .document(kprcb32)),
    .since(.win10_2004, \.processorVendorOffset32, 0x3D3C, evidence: .document(kprcb32)),
    .first(\.processorVendorOffset64, evidence: .document(kprcb64)),
    .since(.vista, \.processorVendorOffset64, 0x38BC, evidence: .document(kprcb64)),
    .since(.vistasp1, \.processorVendorOffset64, 0x399C, evidence: .document(kprcb64)),
    .since(.win7, \.processorVendorOffset64, 0x4BB8, evidence: .document(kprcb64)),
    .since(.win8, \.processorVendorOffset64, 0x5948, evidence: .document(kprcb64)),
    .since(.win81, \.processorVendorOffset64, 0x5958, evidence: .document(kprcb64)),
    .since(.win10_1507, \.processorVendorOffset64, 0x6258, evidence: .document(kprcb64)),
    .since(.win10_1703, \.processorVendorOffset64, 0x6358, evidence: .document(kprcb64)),
    .since(.win10_1709, \.processorVendorOffset64, 0x6290, evidence: .document(kprcb64)),
    .since(.win10_2004, \.processorVendorOffset64, 0x8590, evidence: .document(kprcb64)),
    .first(\.processIDOffset32, evidence: .document(eprocess)),
    .since(.nt350, \.processIDOffset32, 0x94, evidence: .document(eprocess)),
    .since(.w2k, \.processIDOffset32, 0x9C, evidence: .document(eprocess)),
    .since(.wxp, \.processIDOffset32, 0x84, evidence: .document(eprocess)),
    .since(.ws03sp1, \.processIDOffset32, 0x94, evidence: .document(eprocess)),
    .since(.vista, \.processIDOffset32, 0x9C, evidence: .document(eprocess)),
    .since(.win7, \.processIDOffset32, 0xB4, evidence: .document(eprocess)),
    .since(.win10_2004, \.processIDOffset32, 0xE4, evidence: .document(eprocess)),
    .first(\.processIDOffset64, evidence: .document(eprocess)),
    .since(.vista, \.processIDOffset64, 0xE0, evidence: .document(eprocess)),
    .since(.win7, \.processIDOffset64, 0x180, evidence: .document(eprocess)),
    .since(.win8, \.processIDOffset64, 0x2E0, evidence: .document(eprocess)),
    .since(.win10_1507, \.processIDOffset64, 0x2E8, evidence: .document(eprocess)),
    .since(.win10_1703, \.processIDOffset64, 0x2E0, evidence: .document(eprocess)),
    .since(.win10_1903, \.processIDOffset64, 0x2E8, evidence: .document(eprocess)),
    .since(.win10_2004, \.processIDOffset64, 0x440, evidence: .document(eprocess)),
    .since(
      .win11_24h2,
      \.processIDOffset64,
      0,
      evidence: .unconfirmed("the structure was put in another order; no document found")
    ),
  ]

  /// The place of `VendorString` in a `KPRCB`, or nil where there is none.
  ///
  /// - Parameter pointerSize: 4 or 8.
  /// - Returns: The place, in bytes.
  public func processorVendorOffset(pointerSize: Int) -> Int? {
    let offset = pointerSize == 4 ? processorVendorOffset32 : processorVendorOffset64
    return offset == 0 ? nil : offset
  }

  /// The place of `UniqueProcessId` in an `EPROCESS`.
  ///
  /// - Parameter pointerSize: 4 or 8.
  /// - Returns: The place, in bytes, or nil where it is not known.
  public func processIDOffset(pointerSize: Int) -> Int? {
    let offset = pointerSize == 4 ? processIDOffset32 : processIDOffset64
    return offset == 0 ? nil : offset
  }
}
