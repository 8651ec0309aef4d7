use core::time::Duration;

use crate::time::Instant;

/// Real time as machines see it, if wanted faster or slower than it passes.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: tokio::time::Instant,
    scale: f64,
}

impl Clock {
    /// [`Instant::ZERO`] is now, and `scale` seconds pass for the machines in each real one.
    ///
    /// All hosts that talk to each other need copies of one clock, or clocks of scale 1.
    #[must_use]
    pub fn start(scale: f64) -> Self {
        Self { start: tokio::time::Instant::now(), scale }
    }

    /// The time machines are told now.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::ZERO + self.start.elapsed().mul_f64(self.scale)
    }

    /// When it will be `instant` for the machines; `None` beyond the end of real time.
    #[must_use]
    pub fn real(&self, instant: Instant) -> Option<tokio::time::Instant> {
        let seconds = instant.as_secs_f64() / self.scale;
        self.start.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }
}
