package whole

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Whoever serves a register on PostgreSQL holds an advisory lock together with the
// others; whoever puts a backup in its place holds it alone. The server lets go of it
// when the connection ends, however it ends: of a process that was killed it may learn
// a moment later, so both wait a little. (On SQLite the data folder is held.)
const (
	holdShared = `SELECT pg_advisory_lock_shared(7061958, hashtext(current_schema()))`
	holdAlone  = `SELECT pg_advisory_lock(7061958, hashtext(current_schema()))`
	waitHold   = `SET lock_timeout = '3s'`
	waitNo     = `RESET lock_timeout`
)

// hold takes a lock for the life of a connection; got is false when somebody has it.
func hold(ctx context.Context, conn *sql.Conn, text string) (got bool, err error) {
	for _, q := range []string{waitHold, text, waitNo} {
		if _, err := conn.ExecContext(ctx, q); lockedOut(err) {
			_, err = conn.ExecContext(ctx, waitNo)
			return false, err
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}

// lockedOut reports whether PostgreSQL gave up waiting for a lock.
func lockedOut(err error) bool {
	var pg interface{ SQLState() string }
	return errors.As(err, &pg) && pg.SQLState() == "55P03"
}

// alone holds the register for the connection alone.
func alone(ctx context.Context, conn *sql.Conn) error {
	got, err := hold(ctx, conn, holdAlone)
	if err == nil && !got {
		err = fault.New(fault.Conflict, "app.held", "a server has this register, or another backup is being put back; stop all servers of it first")
	}
	return err
}

// often is how often a server sees to it that it still holds the register.
const often = 5 * time.Second

// Serving tells PostgreSQL that this process serves a register, until release. It is
// refused while a backup is being put back. When the connection was lost and another
// register stands there afterwards, lost is called: what the process remembers is of
// the one before.
func Serving(ctx context.Context, d *db.DB, lost func(error)) (release func(), err error) {
	nothing := func() {}
	if d.Engine() != db.Postgres {
		return nothing, nil
	}
	s := &serving{dsn: d.Address(), again: time.NewTicker(often)}
	if err := s.hold(ctx); err != nil {
		return nothing, err
	}
	if err := s.conn.QueryRowContext(ctx, selMark).Scan(&s.mark); err != nil {
		s.end()
		return nothing, err
	}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.keep(ctx, lost)
	}()
	return func() { end(); <-ended }, nil
}

type serving struct {
	dsn   string
	conn  *sql.Conn // nil when it was lost
	end   func()
	mark  string
	again *time.Ticker
}

func restoring() error {
	return fault.New(fault.Conflict, "db.restoring", "a backup is being put in the place of this register; start again when that is done")
}

func (s *serving) hold(ctx context.Context) error {
	conn, end, err := connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	got, err := hold(ctx, conn, holdShared)
	if err == nil && !got {
		err = restoring()
	}
	if err != nil {
		end()
		return err
	}
	s.conn, s.end = conn, end
	return nil
}

// keep holds the register until the context ends.
func (s *serving) keep(ctx context.Context, lost func(error)) {
	defer s.again.Stop()
	for {
		select {
		case <-ctx.Done():
			if s.conn != nil {
				s.end()
			}
			return
		case <-s.again.C:
			if err := s.look(ctx); err != nil {
				lost(err)
				return
			}
		}
	}
}

// look takes the lock again when the connection was lost. A server that does not
// answer is no error here: whoever asks it something is told.
func (s *serving) look(ctx context.Context) error {
	if s.conn != nil {
		if s.conn.PingContext(ctx) == nil {
			return nil
		}
		s.end()
		s.conn = nil
	}
	err := s.hold(ctx)
	if fault.KeyOf(err) == "db.restoring" {
		return err
	}
	if err != nil {
		return nil
	}
	var mark string
	if err := s.conn.QueryRowContext(ctx, selMark).Scan(&mark); err == nil && mark != s.mark {
		return fault.New(fault.Conflict, "db.replaced", "a backup was put in the place of this register while the database was away; start again")
	}
	return nil
}
