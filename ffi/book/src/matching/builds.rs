//! What commands do, built twice: for x86-64-v2 like everything else, and for x86-64-v3.
//!
//! The common way of a command is written once, in functions that are always inlined; here it is inlined into functions of each
//! build, together with the sink's: one for a single command and one for a burst. So shifts, bit searches and copies become the
//! wider instructions, and in a burst a command stays in registers from where it is read to where it is done. What is rare (rule
//! breaks, queues, far levels, a bucket's split) is called, and built once. The engine's owner brings the proof that the
//! processor can run the wider ones ([`Engine::run_on`]); until then, and in a kernel for good, the plain ones run. Reports and
//! hashes are the same: `tests/matching/builds.rs`.

use core::borrow::Borrow;

use hftz_isa::V3;
use hftz_model::{Command, CommandKind};

use super::Engine;
use super::index::Index;
use super::sink::Sink;

/// The commands of a burst. A trait and no closure: what it does should be inlined into both builds, however long it is.
pub trait Commands<S> {
    type Command: Borrow<Command>;

    /// The next one, none at the end. The sink that will have its reports is told of it here.
    fn next(&mut self, sink: &mut S) -> Option<Self::Command>;
}

/// Commands that no sink needs to be told of.
struct Plain<I>(I);

impl<S, I: Iterator<Item: Borrow<Command>>> Commands<S> for Plain<I> {
    type Command = I::Item;

    #[inline(always)]
    fn next(&mut self, _: &mut S) -> Option<I::Item> {
        self.0.next()
    }
}

impl<I: Index> Engine<I> {
    /// Has commands applied by what was built for x86-64-v3, or for x86-64-v2 (`None`, with which every engine begins). It changes
    /// how long they take and nothing else.
    #[must_use]
    pub fn run_on(mut self, choice: Option<V3>) -> Self {
        self.v3 = choice;
        self
    }

    /// What [`Self::run_on`] was told.
    #[must_use]
    pub const fn runs_on(&self) -> Option<V3> {
        self.v3
    }

    /// Applies one command completely: its reports, what they cause, the elections that follow.
    #[inline]
    pub fn apply<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        if self.v3.is_none() {
            self.one_v2(command, sink);
        } else {
            // SAFETY: a `V3` exists only where the processor has all of it.
            unsafe { self.one_v3(command, sink) };
        }
    }

    /// [`Self::apply`] of each command in turn, which takes less for each than a call would.
    #[inline]
    pub fn apply_all<S: Sink>(&mut self, commands: impl IntoIterator<Item: Borrow<Command>>, sink: &mut S) {
        self.apply_from(Plain(commands.into_iter()), sink);
    }

    /// [`Self::apply_all`] of commands whose sink is told of each before it is applied.
    #[inline]
    pub fn apply_from<S: Sink>(&mut self, commands: impl Commands<S>, sink: &mut S) {
        if self.v3.is_none() {
            self.all_v2(commands, sink);
        } else {
            // SAFETY: as above.
            unsafe { self.all_v3(commands, sink) };
        }
    }

    #[inline(never)]
    fn one_v2<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        self.step(command, sink);
    }

    #[inline(never)]
    fn all_v2<S: Sink>(&mut self, mut commands: impl Commands<S>, sink: &mut S) {
        while let Some(command) = commands.next(sink) {
            self.step(command.borrow(), sink);
        }
    }

    /// # Safety
    /// The processor must have x86-64-v3.
    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,bmi1,bmi2,lzcnt,fma,movbe"))]
    #[inline(never)]
    unsafe fn one_v3<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        self.step(command, sink);
    }

    /// # Safety
    /// The processor must have x86-64-v3.
    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,bmi1,bmi2,lzcnt,fma,movbe"))]
    #[inline(never)]
    unsafe fn all_v3<S: Sink>(&mut self, mut commands: impl Commands<S>, sink: &mut S) {
        while let Some(command) = commands.next(sink) {
            self.step(command.borrow(), sink);
        }
    }

    /// What is rare gets a copy, so that a command that is made for this call is never put together in memory otherwise; one that lies
    /// there already stays where it is.
    #[inline(always)]
    fn step<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        match command.kind {
            CommandKind::New => self.new_order(command, sink),
            CommandKind::Cancel => self.cancel(command, sink),
            CommandKind::Replace => self.replace(command, sink),
            // As common as orders: a session's clock goes before them.
            CommandKind::Clock => self.advance_to(command.time_ns, sink),
            _ => self.other(&{ *command }, sink),
        }
    }

    #[inline(never)]
    fn other<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        match command.kind {
            CommandKind::NewLong => self.new_any(command, sink),
            CommandKind::MassCancel => self.mass_cancel(command, sink),
            CommandKind::State => self.trading_state(command, sink),
            CommandKind::New | CommandKind::Cancel | CommandKind::Replace | CommandKind::Clock => {}
        }
    }
}
