//! Transfer frames: AOS, with packets in and out of their data zones.
