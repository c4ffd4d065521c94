import GuestABI

/// One of the parts of a security descriptor.
enum SecurityDescriptorPart: CaseIterable {
  // In the order in which they follow a self-relative descriptor that NT makes.
  case sacl
  case dacl
  case owner
  case group

  /// The field that points at the part.
  var field: KeyPath<SecurityDescriptor, Field<VirtualAddress>> {
    switch self {
    case .owner: \.owner
    case .group: \.group
    case .sacl: \.sacl
    case .dacl: \.dacl
    }
  }

  /// The field that has the bytes to the part.
  var relativeField: KeyPath<RelativeSecurityDescriptor, Field<UInt32>> {
    switch self {
    case .owner: \.owner
    case .group: \.group
    case .sacl: \.sacl
    case .dacl: \.dacl
    }
  }

  /// The flag without which the part does not count, if there is one.
  var present: SecurityControl {
    switch self {
    case .owner, .group: []
    case .sacl: .saclPresent
    case .dacl: .daclPresent
    }
  }

  /// The flag that says that the part was chosen by default.
  var defaulted: SecurityControl {
    switch self {
    case .owner: .ownerDefaulted
    case .group: .groupDefaulted
    case .sacl: .saclDefaulted
    case .dacl: .daclDefaulted
    }
  }

  /// Whether the part is a SID, and not a list.
  var isSID: Bool { self == .owner || self == .group }
}
