public import GuestABI
public import NTReleases

extension VolumeNames {
  /// Creates the names of a release.
  init(_ behaviour: Behaviour) {
    let partition = "\\Device\\Harddisk0\\Partition1"
    let hasVolumes = behaviour.systemVolumeIsHarddiskVolume
    self.init(
      device: hasVolumes ? "\\Device\\HarddiskVolume1" : partition,
      alias: hasVolumes ? partition : nil,
      systemDirectory: behaviour.systemDirectoryName
    )
  }
}

extension Architecture {
  /// The platform of releases that runs on the architecture.
  public var platform: Platform { self == .x86 ? .x86 : .x64 }
}

extension ObjectBehaviour {
  /// Creates the object manager's part of a release's behaviour.
  init(_ behaviour: Behaviour) {
    let dosDevices: DOSDevices =
      switch behaviour.dosDevices {
      case .ownDirectory: .directory
      case .questionMarks: .questionMarks
      case .global: .global
      }
    self.init(
      dosDevices: dosDevices,
      validAttributes: ObjectAttributeFlags(rawValue: behaviour.validObjectAttributes),
      closesCurrentProcessHandle: behaviour.closesCurrentProcessHandle
    )
  }
}

extension SecurityBehaviour.ExportsExtent {
  /// Creates an extent from a release's behaviour.
  init(_ exports: SecurityExports) {
    self =
      switch exports {
      case .nt4: .nt4
      case .windows2000: .windows2000
      case .windowsXP: .windowsXP
      case .vista: .vista
      case .windows8: .windows8
      }
  }
}
