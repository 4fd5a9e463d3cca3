//! Which stages share a thread, on which processor, and what idle threads do.

use crate::config::{Config, Idle, Topology};
use crate::stage::Kind;

/// The stages of one thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crew {
    pub stages: Vec<Kind>,
    pub cpu: Option<usize>,
}

/// The threads of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    pub crews: Vec<Crew>,
    /// Never [`Idle::Auto`].
    pub idle: Idle,
    /// Threads of the whole pipeline: those of the other half, in another process, are among them.
    pub threads: usize,
    /// Whether they outnumber the processors they may use.
    pub crowded: bool,
}

impl Plan {
    /// The plan for `stages` (in their order) on a machine that allows `cpus`.
    #[must_use]
    pub fn new(config: &Config, stages: &[Kind], cpus: &[usize]) -> Self {
        let given = if config.cpus.is_empty() { cpus } else { &config.cpus };
        let processors = given.len().max(1);
        // Two spinning stages on one processor ruin both: each runs only when the other's time slice ends.
        let topology = match (config.topology, processors) {
            // On fewer than four, threads that spin also leave no processor to anything else, and each time one is held up the
            // rings behind the other overflow; fused, the stages are late together and drop nothing.
            (Topology::Auto, ..=3) => Topology::Fused,
            (Topology::Auto, _) => Topology::Spread,
            (asked, _) => asked,
        };
        // The halves of a pipeline are two processes, so nothing of one is on a thread with the other.
        let half = stages.len() < Kind::ALL.len();
        let groups: &[&[Kind]] = match topology {
            Topology::Fused if !half => &[&Kind::ALL],
            Topology::Fused | Topology::Split => &[&[Kind::Ingress], &[Kind::Book, Kind::Bundle, Kind::Output]],
            _ => &[&[Kind::Ingress], &[Kind::Book], &[Kind::Bundle], &[Kind::Output]],
        };
        let crowded = groups.len() > processors;
        let present = |group: &&[Kind]| group.iter().copied().filter(|kind| stages.contains(kind)).collect::<Vec<_>>();
        // Left to itself, a half keeps off the processors of the other; those that it is given are its own.
        let mine = groups.iter().map(present).enumerate().filter(|(_, group)| !group.is_empty());
        let mine: Vec<(usize, Vec<Kind>)> =
            if config.cpus.is_empty() { mine.collect() } else { mine.map(|(_, group)| group).enumerate().collect() };
        let idle = match config.idle {
            Idle::Auto if crowded => Idle::Yield,
            // Everything that can wake this thread is on it.
            Idle::Auto if mine.len() == 1 && stages.contains(&Kind::Ingress) => Idle::Sleep,
            Idle::Auto => Idle::Spin,
            asked => asked,
        };
        let crew = |(i, stages): (usize, Vec<Kind>)| Crew { stages, cpu: given.get(i % processors).copied() };
        Self { crews: mine.into_iter().map(crew).collect(), idle, threads: groups.len(), crowded }
    }

    /// For people: `ingress on CPU 0 | book + bundle + output on CPU 1, spinning`.
    #[must_use]
    pub fn describe(&self) -> String {
        let crew = |crew: &Crew| {
            let names: Vec<&str> = crew.stages.iter().map(|kind| kind.name()).collect();
            let place = crew.cpu.map(|cpu| format!(" on CPU {cpu}")).unwrap_or_default();
            format!("{}{place}", names.join(" + "))
        };
        let crews: Vec<String> = self.crews.iter().map(crew).collect();
        let idle = match self.idle {
            Idle::Auto | Idle::Spin => "spinning",
            Idle::Yield if self.crowded => "yielding (more threads than processors)",
            Idle::Yield => "yielding",
            Idle::Sleep => "sleeping until shortly before each deadline",
        };
        format!("{}, {idle}", crews.join(" | "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(change: impl Fn(&mut Config), cpus: &[usize]) -> String {
        let mut config = Config::default();
        change(&mut config);
        Plan::new(&config, &Kind::ALL, cpus).describe()
    }

    #[test]
    fn stages_are_fused_when_they_outnumber_the_processors() {
        assert_eq!(
            plan(|_| {}, &[3, 4]),
            "ingress + book + bundle + output on CPU 3, sleeping until shortly before each deadline"
        );
        let split = plan(|c| c.topology = Topology::Split, &[0, 1]);
        assert_eq!(split, "ingress on CPU 0 | book + bundle + output on CPU 1, spinning");
        assert_eq!(
            plan(|_| {}, &[2, 3, 4, 5]),
            "ingress on CPU 2 | book on CPU 3 | bundle on CPU 4 | output on CPU 5, spinning"
        );
    }

    #[test]
    fn crowded_threads_yield_and_the_plan_says_so() {
        assert_eq!(
            plan(|c| c.topology = Topology::Spread, &[0, 1]),
            "ingress on CPU 0 | book on CPU 1 | bundle on CPU 0 | output on CPU 1, yielding (more threads than processors)"
        );
    }

    #[test]
    fn half_a_pipeline_has_its_own_threads_only() {
        let config = Config::default();
        let rest = [Kind::Book, Kind::Bundle, Kind::Output];
        let half = |cpus: &[usize]| Plan::new(&config, &rest, cpus).describe();
        assert_eq!(half(&[0, 1]), "book + bundle + output on CPU 1, spinning");
        assert_eq!(half(&[0]), "book + bundle + output on CPU 0, yielding (more threads than processors)");
        assert_eq!(half(&[0, 1, 2, 3]), "book on CPU 1 | bundle on CPU 2 | output on CPU 3, spinning");
        let given = Config { cpus: vec![4, 5], topology: Topology::Split, ..Config::default() };
        assert_eq!(Plan::new(&given, &rest, &[]).describe(), "book + bundle + output on CPU 4, spinning");
        assert_eq!(
            Plan::new(&config, &[Kind::Ingress], &[1, 2]).describe(),
            "ingress on CPU 1, sleeping until shortly before each deadline"
        );
    }
}
