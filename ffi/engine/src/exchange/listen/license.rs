//! What a client may ask for (rule 17): what concerns its own sessions, and nothing of the operator's. The operator may cancel and
//! change anybody's orders, too, and sets every state but the clock.

use super::super::lane::ClientId;
use super::Cut;
use super::registry::{Registry, session_of};
use hftz_model::{Command, CommandKind};

/// No state of any table: the engine refuses the command as malformed, in its place among the reports.
const NO_STATE: u8 = 0;

impl Registry {
    /// The command as it goes to the engine; `None` when there is nothing in it for the engine.
    ///
    /// # Errors
    /// Why its sender is cut off.
    pub fn license(&mut self, command: Command, id: ClientId) -> Result<Option<Command>, Cut> {
        let is_operator = self.get_mut(id).is_some_and(|client| client.is_operator);
        let (session, licensed) = match command.kind {
            // The service's own goes before each batch.
            CommandKind::Clock => return Ok(None),
            CommandKind::State | CommandKind::MassCancel | CommandKind::Cancel | CommandKind::Replace
                if is_operator =>
            {
                return Ok(Some(command));
            }
            CommandKind::State => return Ok(Some(Command { state: NO_STATE, ..command })),
            CommandKind::MassCancel => {
                let is_named = command.scope & Command::BY_SESSION != 0;
                let own = self.get_mut(id).and_then(|client| client.session);
                // Who has no session has no orders.
                let Some(session) = (if is_named { Some(command.session) } else { own }) else { return Ok(None) };
                (session, Command { session, scope: command.scope | Command::BY_SESSION, ..command })
            }
            _ => (session_of(command.order_id), command),
        };
        if self.claim(session, id) { Ok(Some(licensed)) } else { Err(Cut::Foreign) }
    }
}
