//! Time codes octet by octet, leap seconds, and the calendar.

use proptest::prelude::*;
use spacelink::time::code::{
    Ccs, CcsFormat, CcsVariation, Cds, CdsFormat, CodeEpoch, Cuc, CucFormat, SubMillis, TimeCode,
};
use spacelink::time::{Calendar, DtnTime, LeapSecond, LeapSeconds, TaiTime, UtcTime};
use spacelink::wire::{Decode, DecodeError, Encode};

fn utc(year: i32, month: u8, day: u8, hour: u8, minute: u8, second: u8, picos: u64) -> UtcTime {
    UtcTime::from_calendar(Calendar { year, month, day, hour, minute, second, picos }).unwrap()
}

#[test]
fn the_calendar_knows_its_days() {
    assert_eq!(utc(1958, 1, 1, 0, 0, 0, 0), UtcTime::EPOCH_1958);
    assert_eq!(utc(1970, 1, 1, 0, 0, 0, 0).unix(), (0, 0));
    assert_eq!(utc(1957, 12, 31, 23, 59, 59, 0).unix().0, -378_691_201);
    assert_eq!(utc(2000, 2, 29, 12, 0, 0, 0).day_of_year(), 60);
    assert_eq!(utc(2024, 12, 31, 0, 0, 0, 0).day_of_year(), 366);
    assert_eq!(UtcTime::from_unix(1_709_210_096, 5), Some(utc(2024, 2, 29, 12, 34, 56, 5)));
    let no = |year, month, day| {
        let date = Calendar { year, month, day, hour: 0, minute: 0, second: 0, picos: 0 };
        assert_eq!(UtcTime::from_calendar(date), None, "{date:?}");
    };
    for (year, month, day) in
        [(1900, 2, 29), (2023, 2, 29), (2023, 4, 31), (2023, 13, 1), (2023, 0, 1), (2023, 1, 0)]
    {
        no(year, month, day);
    }
    let shown = utc(2016, 12, 31, 23, 59, 60, 250_000_000_000).to_string();
    assert_eq!(shown, "2016-12-31T23:59:60.250000000000Z");
    assert_eq!(DtnTime::from_utc(utc(2000, 1, 1, 0, 0, 1, 0)), Some(DtnTime(1_000)));
    assert_eq!(DtnTime(1_000).to_utc(), Some(utc(2000, 1, 1, 0, 0, 1, 0)));
}

/// A fuzz target found that the day of the year overflowed there.
#[test]
fn the_ends_of_the_calendar() {
    for day in [i32::MIN, i32::MAX] {
        let time = UtcTime::new(day, 0).unwrap();
        let far = LeapSeconds::BUILT_IN.to_utc(TaiTime::new(i64::from(day.signum()) * i64::MAX, 0).unwrap());
        assert_eq!(far.day(), day);
        assert!((1..=366).contains(&time.day_of_year()), "{time}");
    }
}

/// Offsets that any table of them shows, and the seconds around them.
#[test]
fn leap_seconds() {
    let leap = LeapSeconds::BUILT_IN;
    for (year, month, day, ahead) in [
        (1971, 12, 31, 0),
        (1972, 1, 1, 10),
        (1980, 1, 6, 19),
        (1999, 1, 1, 32),
        (2005, 12, 31, 32),
        (2006, 1, 1, 33),
        (2012, 7, 1, 35),
        (2015, 6, 30, 35),
        (2015, 7, 1, 36),
        (2016, 12, 31, 36),
        (2017, 1, 1, 37),
        (2040, 1, 1, 37),
    ] {
        assert_eq!(
            leap.tai_minus_utc(utc(year, month, day, 0, 0, 0, 0).day()),
            ahead,
            "{year}-{month}-{day}"
        );
    }
    // The epoch of GPS time, 19 seconds after that of TAI on the same date.
    let gps = leap.to_tai(utc(1980, 1, 6, 0, 0, 0, 0));
    assert_eq!(gps.seconds(), 694_656_019);
    let before = leap.to_tai(utc(2016, 12, 31, 23, 59, 59, 0));
    let shown: Vec<_> = (0..3).map(|second| leap.to_utc(before.later(second, 0)).to_string()).collect();
    assert_eq!(shown, ["2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"]);
    assert!(LeapSeconds::new(&[LeapSecond { day: 5, tai_minus_utc: 1 }; 2]).is_none(), "out of order");
    // A negative leap second: 23:59:59 does not happen.
    let table = [LeapSecond { day: 0, tai_minus_utc: 37 }, LeapSecond { day: 100, tai_minus_utc: 36 }];
    let table = LeapSeconds::new(&table).unwrap();
    let last = table.to_tai(UtcTime::new(99, 86_398 * 1_000_000_000_000).unwrap());
    assert_eq!(table.to_utc(last.later(1, 0)), UtcTime::new(100, 0).unwrap());
}

/// A Java library: CUC with a preamble, agency epoch 2000; CDS with picoseconds; a Python library's CDS in PUS.
#[test]
fn published_codes() {
    let leap = LeapSeconds::BUILT_IN;
    let epoch = leap.to_tai(utc(2000, 1, 1, 0, 0, 0, 0));
    let octets = hex::decode("2e2e0c62e735f8").unwrap();
    let (code, rest) = TimeCode::decode(&octets).unwrap();
    let TimeCode::Cuc(cuc) = code else { panic!("{code:?}") };
    assert!(rest.is_empty());
    assert_eq!((cuc.seconds(), cuc.fraction()), (0x2e0c_62e7, 0x35f8));
    assert!(leap.to_utc(cuc.to_tai(epoch)).to_string().starts_with("2024-06-24T17:01:22.2108154"));
    assert_eq!(code.to_vec().unwrap(), octets);

    let octets = hex::decode("46002ce8006a2cdd107c3700").unwrap();
    let (code, _) = TimeCode::decode(&octets).unwrap();
    let TimeCode::Cds(cds) = code else { panic!("{code:?}") };
    assert_eq!(cds.to_utc(0).unwrap().to_string(), "1989-06-23T01:55:58.301276576000Z");
    assert_eq!(code.to_vec().unwrap(), octets);
}

/// Typed by hand: two decimal digits an octet.
#[test]
fn calendar_segmented_codes() {
    let time = utc(1987, 6, 5, 4, 3, 2, 123_456_789_012);
    let month = CcsFormat::new(CcsVariation::MonthDay, 6).unwrap().of_utc(time).unwrap();
    assert_eq!(hex::encode(month.to_vec().unwrap()), "5619870605040302123456789012");
    let year = CcsFormat::new(CcsVariation::DayOfYear, 1).unwrap().of_utc(time).unwrap();
    assert_eq!(hex::encode(year.to_vec().unwrap()), "591987015604030212");
    for code in [month, year] {
        assert_eq!(Ccs::decode(&code.to_vec().unwrap()), Ok((code, &[][..])));
    }
    assert_eq!(month.to_utc(), time);
    let refused = |text: &str| Ccs::decode(&hex::decode(text).unwrap()).unwrap_err();
    assert!(matches!(
        refused("5019870A05040302"),
        DecodeError::Field { field: "decimal digits", value: 0x0A, .. }
    ));
    assert!(matches!(refused("5019871305040302"), DecodeError::Rule { .. }), "month 13");
    assert!(matches!(
        refused("5819870366040302"),
        DecodeError::Field { field: "day of year", value: 366, .. }
    ));
    assert!(matches!(refused("5719870605040302"), DecodeError::Field { field: "resolution", value: 7, .. }));
    assert!(matches!(refused("5000000605040302"), DecodeError::Field { field: "year", value: 0, .. }));
    assert!(matches!(refused("50198706050403"), DecodeError::Short { required: 7, found: 6, .. }));
    assert!(Ccs::decode(&hex::decode("5019871231235960").unwrap()).is_ok(), "a leap second");
}

#[test]
fn unsegmented_codes_of_any_length() {
    let long = CucFormat::new(CodeEpoch::Agency, 7, 10).unwrap();
    assert_eq!((long.preamble_len(), long.preamble(), long.time_len()), (2, [0xAF, 0x7C], 17));
    assert!(
        CucFormat::new(CodeEpoch::Ccsds, 0, 1).is_none() && CucFormat::new(CodeEpoch::Ccsds, 8, 1).is_none()
    );
    let code = Cuc::new(long, (1 << 56) - 1, (1 << 80) - 1).unwrap();
    assert_eq!(Cuc::decode(&code.to_vec().unwrap()), Ok((code, &[][..])));
    assert_eq!(code.picos(), 999_999_999_999, "rounded, but not to a second that is not there");
    let short = CucFormat::new(CodeEpoch::Ccsds, 1, 1).unwrap();
    assert_eq!(short.of_tai(TaiTime::EPOCH_1958, TaiTime::new(256, 0).unwrap()), None, "seconds do not fit");
    assert_eq!(short.of_tai(TaiTime::EPOCH_1958, TaiTime::new(-1, 0).unwrap()), None, "before the epoch");
    let late = TaiTime::new(7, 999_000_000_000).unwrap();
    assert_eq!(short.of_tai(TaiTime::EPOCH_1958, late), Cuc::new(short, 7, 255));
    assert_eq!(short.nearest_tai(TaiTime::EPOCH_1958, late), Cuc::new(short, 8, 0));
    let reserved = Cuc::decode(&[0x9C, 0x80, 1, 2, 3, 4]);
    assert!(matches!(reserved, Err(DecodeError::Field { field: "second extension flag", .. })));
    assert!(matches!(
        TimeCode::decode(&[0x60]),
        Err(DecodeError::Field { field: "identification", value: 6, .. })
    ));
    assert!(TimeCode::decode(&[]).is_err());
}

#[test]
fn day_segmented_codes_know_their_limits() {
    let beyond = hex::decode("40543205265fe8").unwrap();
    let beyond = Cds::decode(&beyond);
    assert!(matches!(
        beyond,
        Err(DecodeError::Field { field: "milliseconds of day", value: 86_401_000, .. })
    ));
    assert!(
        Cds::decode(&hex::decode("40543205265fe7").unwrap()).is_ok(),
        "the last millisecond of a leap second"
    );
    assert!(matches!(
        Cds::decode(&[0x41, 0, 0, 0, 0, 0, 0, 0x03, 0xE8]),
        Err(DecodeError::Field { value: 1000, .. })
    ));
    assert!(Cds::decode(&[0x43, 0, 0, 0, 0, 0, 0]).is_err(), "a reserved length");
    assert!(Cds::decode(&[0xC0, 0, 0, 0, 0, 0, 0]).is_err(), "an extension");
    let format = CdsFormat { sub_millis: SubMillis::Micros, ..CdsFormat::default() };
    assert!(Cds::new(format, 65_536, 0, 0).is_none() && Cds::new(format, 0, 0, 1_000).is_none());
    assert_eq!(format.of_utc(1, UtcTime::EPOCH_1958), None, "before the epoch");
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_read_back(octets in prop::collection::vec(any::<u8>(), 0..24)) {
        if let Ok((code, rest)) = TimeCode::decode(&octets) {
            let made = code.to_vec().unwrap();
            prop_assert_eq!(made.len() <= octets.len() - rest.len(), true);
            prop_assert_eq!(TimeCode::decode(&made).unwrap().0, code);
        }
    }

    #[test]
    fn scales_and_calendar_agree(day in -200_000..4_000_000i32, seconds in 0..86_400u64, picos in 0..1_000_000_000_000u64) {
        let time = UtcTime::new(day, seconds * 1_000_000_000_000 + picos).unwrap();
        prop_assert_eq!(UtcTime::from_calendar(time.calendar()), Some(time));
        let (unix, below) = time.unix();
        prop_assert_eq!(UtcTime::from_unix(unix, below), Some(time));
        let leap = LeapSeconds::BUILT_IN;
        prop_assert_eq!(leap.to_utc(leap.to_tai(time)), time);
    }
}
