//! Any octets are refused or are a time code that reads back the same, and its time can be told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::time::code::TimeCode;
use spacelink::time::{LeapSeconds, TaiTime};
use spacelink::wire::{Decode, Encode};

fuzz_target!(|input: (i64, &[u8])| {
    let (epoch, octets) = input;
    let Ok((code, _)) = TimeCode::decode(octets) else { return };
    let made = code.to_vec().expect("a decoded time can be encoded");
    assert_eq!(TimeCode::decode(&made).expect("what was encoded decodes").0, code);
    let utc = match code {
        TimeCode::Cuc(cuc) => {
            let epoch = TaiTime::new(epoch, 0).expect("a whole second");
            Some(LeapSeconds::BUILT_IN.to_utc(cuc.to_tai(epoch)))
        }
        TimeCode::Cds(cds) => cds.to_utc(epoch as i32),
        TimeCode::Ccs(ccs) => Some(ccs.to_utc()),
    };
    if let Some(utc) = utc {
        let _ = (utc.to_string(), utc.unix(), utc.day_of_year(), LeapSeconds::BUILT_IN.to_tai(utc));
    }
});
