// OpenSSL's error queue is per thread and outlives a call: it is emptied as soon as one has failed.

internal import CLibCrypto

/// The failure of `call`, with the newest text in the queue.
func cryptoFailure(_ call: String) -> NativeError {
  var reason = ""
  while true {
    let code = ERR_get_error()
    if code == 0 { break }
    if let text = unsafe ERR_reason_error_string(code) { reason = unsafe String(cString: text) }
  }
  return .crypto(call: call, reason: reason)
}
