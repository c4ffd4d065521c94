internal import NTStructures

/// What an operation produced, or the status with which it failed.
enum Attempt<Value> {
  case done(Value)
  case failed(NTStatus)
}
