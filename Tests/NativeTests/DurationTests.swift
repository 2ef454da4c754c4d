// Durations in the units of C libraries.

import Native
import Testing

@Suite struct DurationTests {
  @Test func unitsAreRoundedUp() {
    #expect(Duration.zero.milliseconds == 0 && Duration.zero.seconds == 0)
    #expect(Duration.microseconds(1).milliseconds == 1)
    #expect(Duration.milliseconds(1500).milliseconds == 1500)
    #expect(Duration.milliseconds(1500).seconds == 2)
    #expect(Duration.seconds(86_400).milliseconds == 86_400_000)
  }
}
