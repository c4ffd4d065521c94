internal import GuestABI
internal import NTReleases

extension Registry {
  /// Fills in what the registry says of the release and of the processor.
  ///
  /// What a key lacks in a release is noted as well, so that asking for it is answered as there.
  func describeSystem(_ release: Release, _ behaviour: Behaviour, _ architecture: Architecture) {
    describeRelease(release, behaviour)
    describeProcessor(architecture)
    let options = makeKey("MACHINE\\SYSTEM\\ControlSet001\\Control\\ProductOptions")
    options.isPartial = true
    options.setValue(RegistryValue("ProductType", "WinNT"))
  }

  /// The key that `RTL_REGISTRY_WINDOWS_NT` names.
  private func describeRelease(_ release: Release, _ behaviour: Behaviour) {
    let key = makeKey("MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion")
    key.isPartial = true
    key.setValue(RegistryValue("CurrentVersion", behaviour.registryCurrentVersion))
    if behaviour.registryHasBuildNumber {
      key.setValue(RegistryValue("CurrentBuildNumber", String(release.build)))
    } else {
      key.note(absent: "CurrentBuildNumber")
    }
    key.setValue(RegistryValue("CurrentType", "Uniprocessor Free"))
    key.setValue(RegistryValue("SystemRoot", behaviour.systemRoot))
    if release.csdVersion.isEmpty {
      key.note(absent: "CSDVersion")
    } else {
      key.setValue(RegistryValue("CSDVersion", release.csdVersion))
    }
    if behaviour.registryHasVersionNumbers {
      key.setValue(RegistryValue("CurrentMajorVersionNumber", UInt32(release.majorVersion)))
      key.setValue(RegistryValue("CurrentMinorVersionNumber", UInt32(release.minorVersion)))
    } else {
      key.note(absent: "CurrentMajorVersionNumber")
      key.note(absent: "CurrentMinorVersionNumber")
    }
  }

  /// What the kernel finds out of the processor when it starts.
  private func describeProcessor(_ architecture: Architecture) {
    let processor = ProcessorIdentity(architecture)
    let system = makeKey("MACHINE\\HARDWARE\\DESCRIPTION\\System")
    system.isPartial = true
    system.setValue(RegistryValue("Identifier", "AT/AT COMPATIBLE"))
    let processors = makeKey("MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor")
    // There is one processor, and no other key.
    processors.isPartial = false
    let first = makeKey("MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0")
    first.isPartial = true
    first.setValue(RegistryValue("Identifier", processor.identifier))
    first.setValue(RegistryValue("VendorIdentifier", processor.vendor))
    first.setValue(RegistryValue("ProcessorNameString", processor.brand))
    first.setValue(RegistryValue("~MHz", ProcessorIdentity.megahertz))
  }
}
