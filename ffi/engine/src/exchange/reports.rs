//! Reports in every form that somebody wants them in.

use super::config::{MatchConfig, OrderFormat};
use super::lane::{ClientId, Outbound};
use super::ndjson;
use super::outgoing::Outgoing;
use hftz_book::matching::Sink;
use hftz_model::{Event, ReportKind};
use hftz_wire::native;

/// Reports for clients that fit before memory must grow. More wait only when a single command causes more.
const CLIENT_REPORTS: usize = 1 << 16;

/// Keeps reports until their owner takes them.
pub struct Reports {
    /// In the format of the orders, for the file or pipe.
    pub bytes: Outgoing<u8>,
    format: OrderFormat,
    written: bool,
    /// For clients.
    pub events: Outgoing<Outbound>,
    served: bool,
    /// For the network.
    pub framed: Outgoing<u8>,
    published: bool,
    /// Whose command is being applied.
    pub cause: ClientId,
    pub rejected: u64,
    /// Whether they are kept back for good.
    pub mute: bool,
    /// Whether sessions are brought back from reports that are mute otherwise.
    recalls: bool,
}

impl Reports {
    pub fn new(config: &MatchConfig) -> Self {
        let served = config.is_serving();
        Self {
            bytes: Outgoing::with_capacity(0),
            format: config.format,
            written: config.reports != "none",
            events: Outgoing::with_capacity(if served { CLIENT_REPORTS } else { 0 }),
            served,
            framed: Outgoing::with_capacity(0),
            published: config.publishes_reports(),
            cause: ClientId::NOBODY,
            rejected: 0,
            mute: false,
            recalls: config.serves_ouch(),
        }
    }

    /// Who hears the engine in their place when few want to know: the same bytes and counts, without asking for each report
    /// who wants it.
    pub fn narrow(&mut self) -> Narrow<'_> {
        if self.mute || self.served || self.published || self.written && self.format != OrderFormat::Native {
            Narrow::All
        } else if self.written {
            Narrow::Native(Native { bytes: &mut self.bytes, rejected: &mut self.rejected })
        } else {
            Narrow::Count(Count { rejected: &mut self.rejected })
        }
    }
}

/// The listener that suffices.
pub enum Narrow<'a> {
    All,
    Native(Native<'a>),
    Count(Count<'a>),
}

/// Reports in the native format for a file or pipe.
pub struct Native<'a> {
    bytes: &'a mut Outgoing<u8>,
    rejected: &'a mut u64,
}

/// Nobody reads the reports.
pub struct Count<'a> {
    rejected: &'a mut u64,
}

/// Length of a native report as a packet block has it before the report.
const BLOCK_LENGTH: [u8; 2] = (native::REPORT_BYTES as u16).to_be_bytes();

impl Sink for Reports {
    #[inline]
    fn report(&mut self, event: &Event) {
        if self.mute {
            if self.recalls {
                self.events.push(Outbound { event: *event, cause: self.cause });
            }
            return;
        }
        self.rejected += u64::from(event.kind == ReportKind::Rejected);
        if self.written {
            match self.format {
                OrderFormat::Native => self.bytes.push_array(native::write_report(event)),
                OrderFormat::Ndjson => ndjson::write(event, self.bytes.tail()),
            }
        }
        if self.served {
            self.events.push(Outbound { event: *event, cause: self.cause });
        }
        if self.published {
            self.framed.push_array(BLOCK_LENGTH);
            self.framed.push_array(native::write_report(event));
        }
    }
}

impl Sink for Native<'_> {
    #[inline(always)]
    fn report(&mut self, event: &Event) {
        *self.rejected += u64::from(event.kind == ReportKind::Rejected);
        self.bytes.push_array(native::write_report(event));
    }
}

impl Sink for Count<'_> {
    #[inline(always)]
    fn report(&mut self, event: &Event) {
        *self.rejected += u64::from(event.kind == ReportKind::Rejected);
    }
}
