import Foundation
import Native
import OctopusKeys
import Testing

@Suite struct KeyFileTests {
}
