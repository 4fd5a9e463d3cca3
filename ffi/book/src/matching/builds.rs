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

/// A burst whose commands are made where they are applied, each when the one before it is done. What [`Self::step`] knows of a command
/// is not asked again, and the command need not lie in memory. A trait and no closure: it should be inlined into both builds, however
/// long it is.
pub trait Steps<I, S> {
    /// Applies the next command `here`, or in several places by its kind; false when there is none, which ends the burst.
    fn step(&mut self, engine: &mut Engine<I>, sink: &mut S, here: Here) -> bool;
}

/// The permission to apply commands in line, which only [bursts](Engine::apply_steps) give: elsewhere nothing would be gained by it.
#[derive(Clone, Copy, Debug)]
pub struct Here(());

impl Here {
    /// [`Engine::apply`] as a part of the caller, of which a known kind of command leaves a part only.
    #[inline(always)]
    pub fn apply<I: Index, S: Sink>(self, engine: &mut Engine<I>, command: &Command, sink: &mut S) {
        engine.step(command, sink);
    }
}

/// Commands that were made before.
struct Made<C>(C);

impl<I: Index, S: Sink, C: Iterator<Item: Borrow<Command>>> Steps<I, S> for Made<C> {
    #[inline(always)]
    fn step(&mut self, engine: &mut Engine<I>, sink: &mut S, here: Here) -> bool {
        let Some(command) = self.0.next() else { return false };
        here.apply(engine, command.borrow(), sink);
        true
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
        self.apply_steps(Made(commands.into_iter()), sink);
    }

    /// Applies the commands that `steps` makes.
    #[inline]
    pub fn apply_steps<S: Sink>(&mut self, steps: impl Steps<I, S>, sink: &mut S) {
        if self.v3.is_none() {
            self.all_v2(steps, sink);
        } else {
            // SAFETY: as above.
            unsafe { self.all_v3(steps, sink) };
        }
    }

    #[inline(never)]
    fn one_v2<S: Sink>(&mut self, command: &Command, sink: &mut S) {
        self.step(command, sink);
    }

    #[inline(never)]
    fn all_v2<S: Sink>(&mut self, mut steps: impl Steps<I, S>, sink: &mut S) {
        while steps.step(self, sink, Here(())) {}
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
    unsafe fn all_v3<S: Sink>(&mut self, mut steps: impl Steps<I, S>, sink: &mut S) {
        while steps.step(self, sink, Here(())) {}
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
