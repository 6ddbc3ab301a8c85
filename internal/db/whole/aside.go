package whole

import (
	"context"
	"database/sql"
	"errors"
	"net/url"

	"kartotek/internal/fault"
)

// A place beside the register, in the same database: a schema that this program made
// and takes away again.
const (
	aside     = "kartotek_drill"
	asideMark = "a backup is being tried here"
	holdAside = `SELECT pg_advisory_lock(7061959, 0)`
	selAside  = `SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = '` + aside + `'`
)

// Aside gives fn the address of an empty register beside the one at dsn on PostgreSQL,
// and takes away afterwards what is in it. What one that died left is taken away first.
// The role needs the right to make schemas in the database; its owner has it.
func Aside(ctx context.Context, dsn string, fn func(dsn string) error) (err error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("search_path", aside)
	u.RawQuery = q.Encode()
	conn, end, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer end()
	if got, err := hold(ctx, conn, holdAside); err != nil || !got {
		return errors.Join(err, fault.New(fault.Conflict, "backup.drilling", "another backup is being tried in this database; wait until that has ended"))
	}
	if err := clearAside(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "CREATE SCHEMA "+aside+"; COMMENT ON SCHEMA "+aside+" IS '"+asideMark+"'"); err != nil { // both or none
		return mayNot(err)
	}
	defer func() { err = errors.Join(err, clearAside(context.WithoutCancel(ctx), conn)) }()
	return fn(u.String())
}

// clearAside takes the schema away, if it is one that was made here.
func clearAside(ctx context.Context, conn *sql.Conn) error {
	marks, err := texts(ctx, conn, selAside)
	switch {
	case err != nil || len(marks) == 0:
		return err
	case marks[0] != asideMark:
		return fault.New(fault.Conflict, "backup.drill_schema", "the database has a schema %s that this program did not make; rename it", aside)
	}
	_, err = conn.ExecContext(ctx, "DROP SCHEMA "+aside+" CASCADE")
	return err
}

// mayNot says which right is missing.
func mayNot(err error) error {
	var pg interface{ SQLState() string }
	if errors.As(err, &pg) && pg.SQLState() == "42501" {
		return fault.New(fault.Denied, "backup.drill_right", "to try a backup the role of the register needs the right to make a schema: GRANT CREATE ON DATABASE … TO …").Because(err)
	}
	return err
}
