use core::time::Duration;

/// What happens when the timer runs out and the transmission limit is reached (TT).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum TimeoutType {
    /// 0: the AD service ends with an alert.
    #[default]
    Alert,
    /// 1: the AD service is suspended, and can be resumed.
    Suspend,
}

/// What is set for a FOP-1, at the start or by directive.
///
/// Source: CCSDS 232.1-B-2 §5.1, §7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct FopParameters {
    /// K: AD frames that may be sent ahead of acknowledgement, 1 to 255 and at most the positive window of
    /// FARM-1.
    pub window: u8,
    /// T1: how long acknowledgement is awaited. Longer than a signal and its CLCW take there and back. In a file, seconds
    /// and fractions of them.
    #[cfg_attr(feature = "serde", serde(with = "seconds"))]
    pub t1_initial: Duration,
    /// How often a frame is sent at most, 1 to 255.
    pub transmission_limit: u8,
    /// What happens then.
    pub timeout_type: TimeoutType,
}

impl Default for FopParameters {
    /// [`DEFAULT`](Self::DEFAULT).
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A parameter that no FOP-1 has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FopParameterError {
    /// K is 1 at least.
    #[error("FOP-1 sliding window width is 0")]
    Window,
    /// A frame is sent once at least.
    #[error("FOP-1 transmission limit is 0")]
    TransmissionLimit,
    /// The timer would run out at once.
    #[error("FOP-1 timer initial value is 0")]
    T1Initial,
}

/// What the user can order.
///
/// Source: CCSDS 232.1-B-2 §3.2.3, §5.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Directive {
    /// Start the AD service at once.
    InitiateWithoutClcwCheck,
    /// Start the AD service when a CLCW shows that both ends agree.
    InitiateWithClcwCheck,
    /// Free the receiving end from lockout, then start the AD service.
    InitiateWithUnlock,
    /// Set V(R) and V(S) to this, then start the AD service.
    InitiateWithSetVr(u8),
    /// End the AD service.
    Terminate,
    /// Go on with a suspended AD service.
    Resume,
    /// Set V(S) to this; only without AD service.
    SetVs(u8),
    /// Set K to this.
    SetWindow(u8),
    /// Let the timer run this long from its next start on.
    SetT1Initial(Duration),
    /// Set the transmission limit to this.
    SetTransmissionLimit(u8),
    /// Set the timeout type to this.
    SetTimeoutType(TimeoutType),
}

impl FopParameters {
    /// A window of 5 (half of FARM-1's 10), five seconds, ten transmissions, an alert.
    pub const DEFAULT: Self = Self {
        window: 5,
        t1_initial: Duration::from_secs(5),
        transmission_limit: 10,
        timeout_type: TimeoutType::Alert,
    };

    /// Whether each is in its range.
    ///
    /// # Errors
    /// [`FopParameterError`]
    pub const fn check(&self) -> Result<(), FopParameterError> {
        if self.window == 0 {
            Err(FopParameterError::Window)
        } else if self.transmission_limit == 0 {
            Err(FopParameterError::TransmissionLimit)
        } else if self.t1_initial.is_zero() {
            Err(FopParameterError::T1Initial)
        } else {
            Ok(())
        }
    }

    /// Does what a directive that sets a parameter says.
    pub(super) const fn set(&mut self, directive: Directive) {
        match directive {
            Directive::SetWindow(window) => self.window = window,
            Directive::SetT1Initial(t1_initial) => self.t1_initial = t1_initial,
            Directive::SetTransmissionLimit(limit) => self.transmission_limit = limit,
            Directive::SetTimeoutType(timeout_type) => self.timeout_type = timeout_type,
            _ => {}
        }
    }
}

impl Directive {
    /// Whether the qualifier is in its range.
    pub(super) const fn is_valid(&self) -> bool {
        match self {
            Self::SetWindow(value) | Self::SetTransmissionLimit(value) => *value != 0,
            Self::SetT1Initial(value) => !value.is_zero(),
            _ => true,
        }
    }
}

/// Durations as seconds in files; exact to the nanosecond up to a hundred days.
#[cfg(feature = "serde")]
mod seconds {
    use core::time::Duration;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|error| D::Error::custom(format_args!("{seconds} seconds: {error}")))
    }
}
