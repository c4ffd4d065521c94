import GuestABI
import NTStructures

/// Statuses as Win32 errors.
extension RuntimeLibrary {
  var statusErrorExports: [Export] {
    // In a system thread there is no environment block that the status would be left in.
    ["RtlNtStatusToDosError", "RtlNtStatusToDosErrorNoTeb"].map { name in
      export(name) { (status: NTStatus) in
        guard let error = StatusErrors.error(of: status) else {
          throw Unmodelled("\(name): \(status)")
        }
        return error
      }
    }
  }
}
