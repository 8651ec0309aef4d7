//! Any text is refused, or holds parameters that are written as text of the same parameters; whatever ends can be
//! built of them are built.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::link::MissionSettings;
use spacelink::link::downlink::{DownlinkReceiver, DownlinkSender};
use spacelink::link::tc::{TcReceiver, TcSender};

fuzz_target!(|text: &str| {
    if let Ok(mission) = toml::from_str::<MissionSettings>(text) {
        let written = toml::to_string(&mission).unwrap();
        assert_eq!(toml::from_str::<MissionSettings>(&written).as_ref(), Ok(&mission), "{written}");
        build(&mission);
    }
    if let Ok(mission) = serde_json::from_str::<MissionSettings>(text) {
        let written = serde_json::to_string(&mission).unwrap();
        assert_eq!(serde_json::from_str::<MissionSettings>(&written).unwrap(), mission, "{written}");
        build(&mission);
    }
});

fn build(mission: &MissionSettings) {
    if let Some(downlink) = &mission.downlink {
        let _ = (DownlinkReceiver::new(downlink), DownlinkSender::new(downlink));
    }
    if let Some(uplink) = &mission.uplink {
        let _ = (TcReceiver::new(uplink), TcSender::new(uplink));
    }
}
