internal import GuestABI

/// A port at which a mini-filter waits for programs: a server port.
final class CommunicationPort {
  let filter: VirtualAddress
  let name: String
  let cookie: VirtualAddress
  let connect: VirtualAddress
  let disconnect: VirtualAddress
  let message: VirtualAddress
  let maximumConnections: Int

  init(
    filter: VirtualAddress,
    name: String,
    cookie: VirtualAddress,
    connect: VirtualAddress,
    disconnect: VirtualAddress,
    message: VirtualAddress,
    maximumConnections: Int
  ) {
    self.filter = filter
    self.name = name
    self.cookie = cookie
    self.connect = connect
    self.disconnect = disconnect
    self.message = message
    self.maximumConnections = maximumConnections
  }
}

/// A program's connection to a mini-filter's port: a client port.
final class PortConnection {
  /// The port, which may be closed before the connection is.
  let port: CommunicationPort
  /// What the mini-filter knows the connection by.
  var cookie = VirtualAddress.null
  /// Whether the mini-filter has been told of the end.
  var isDisconnected = false

  init(_ port: CommunicationPort) { self.port = port }
}
