extension Behaviour {
  /// What differs in objects, the registry and security.
  static let objectHistory: [Change] = [
    .first(
      \.dosDevices,
      evidence: .unconfirmed("no source for `\\??` on NT 3.x was found")
    ),
    .since(
      .nt400,
      \.dosDevices,
      .questionMarks,
      evidence: .document("Windows 2000 DDK, introduction to MS-DOS device names"),
      confidence: .medium
    ),
    .since(
      .wxp,
      \.dosDevices,
      .global,
      evidence: .document("Microsoft Docs, local and global MS-DOS device names")
    ),
    .first(
      \.validObjectAttributes,
      evidence: .unconfirmed("values of OBJ_VALID_ATTRIBUTES as remembered from driver kits")
    ),
    .since(
      .w2k,
      \.validObjectAttributes,
      0x3F2,
      evidence: .unconfirmed("values of OBJ_VALID_ATTRIBUTES as remembered from driver kits")
    ),
    .since(
      .wxp,
      \.validObjectAttributes,
      0x7F2,
      evidence: .unconfirmed("values of OBJ_VALID_ATTRIBUTES as remembered from driver kits")
    ),
    .since(
      .win10_1607,
      \.validObjectAttributes,
      0x1FF2,
      evidence: .unconfirmed("values of OBJ_VALID_ATTRIBUTES as remembered from driver kits")
    ),
    .first(
      \.closesCurrentProcessHandle,
      evidence: .unconfirmed("no source for the release of the change was found")
    ),
    .since(
      .win10_1507,
      \.closesCurrentProcessHandle,
      true,
      evidence: .unconfirmed("no source for the release of the change was found")
    ),
    .first(
      \.hasKeyNameInformation,
      evidence: .unconfirmed("no source for the release of the change was found")
    ),
    .since(
      .w2k,
      \.hasKeyNameInformation,
      true,
      evidence: .unconfirmed("no source for the release of the change was found")
    ),
    .first(
      \.checksRegistryValueTypes,
      evidence: .document("MS11-011, KB 2393802: before Windows 8 only with the update")
    ),
    .since(
      .win8,
      \.checksRegistryValueTypes,
      true,
      evidence: .document("Microsoft Docs, nf-wdm-rtlqueryregistryvalues")
    ),
    .first(
      \.securityExports,
      evidence: .unconfirmed("comments in the ntifs.h of driver kits, as remembered")
    ),
    .since(
      .w2k,
      \.securityExports,
      .windows2000,
      evidence: .unconfirmed("comments in the ntifs.h of driver kits, as remembered")
    ),
    .since(
      .wxp,
      \.securityExports,
      .windowsXP,
      evidence: .unconfirmed("comments in the ntifs.h of driver kits, as remembered")
    ),
    .since(
      .vista,
      \.securityExports,
      .vista,
      evidence: .unconfirmed("comments in the ntifs.h of driver kits, as remembered")
    ),
    .since(
      .win8,
      \.securityExports,
      .windows8,
      evidence: .unconfirmed("comments in the ntifs.h of driver kits, as remembered")
    ),
  ]
}
