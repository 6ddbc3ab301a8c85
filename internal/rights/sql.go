package rights

import "kartotek/internal/db"

const caseCols = `case_id, ref, person_id, matched, kind, scope, channel, state, outcome, code, language, country, received, recognised, opened_at, opened_by,
	handler_id, handler, certainty, delivery, agent, staff_id, linked_id, into_id, first_due, due, unpaused_due, plan_due, extended, waiting, limits, stage, key_mac, closed_at, notice, pack, effective, lift`

var (
	insCase = db.SQL(db.Set, `INSERT INTO cases (`+caseCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
		$17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)`)
	updCase = db.SQL(db.Set, `UPDATE cases SET person_id = $2, matched = $3, scope = $4, state = $5, outcome = $6, code = $7, language = $8, handler_id = $9, handler = $10,
		certainty = $11, delivery = $12, agent = $13, staff_id = $14, linked_id = $15, into_id = $16, first_due = $17, due = $18, unpaused_due = $19, plan_due = $20,
		extended = $21, waiting = $22, limits = $23, stage = $24, closed_at = $25, pack = $26, kind = $27, effective = $28, lift = $29, key_mac = $30 WHERE case_id = $1`)
	selCase   = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE case_id = $1`)
	selRef    = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE ref = $1`)
	selKey    = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE key_mac = $1 AND key_mac <> ''`)
	selPerson = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE person_id = $1 ORDER BY case_id`)
	selLinked = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE linked_id = $1 AND linked_id > 0 ORDER BY case_id`)
	selOpen   = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE closed_at = 0 AND (plan_due > $1 OR plan_due = $1 AND case_id > $2) ORDER BY plan_due, case_id LIMIT $3`)
	selClosed = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE closed_at > 0 AND case_id < $1 ORDER BY case_id DESC LIMIT $2`)
	selAll    = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE case_id < $1 ORDER BY case_id DESC LIMIT $2`)
	movCases  = db.SQL(db.Set, `UPDATE cases SET person_id = $2, matched = 1 WHERE person_id = $1`)
	selPauses = db.SQL(db.Set, `SELECT pause_id, asked, answered, why, doubt, want FROM case_pauses WHERE case_id = $1 ORDER BY asked, pause_id`)
	insPause  = db.SQL(db.Set, `INSERT INTO case_pauses (case_id, pause_id, asked, answered, why, doubt, want) VALUES ($1, $2, $3, '', $4, $5, $6)`)
	endPauses = db.SQL(db.Set, `UPDATE case_pauses SET answered = $2 WHERE case_id = $1 AND answered = ''`)
	insEvent  = db.SQL(db.Set, `INSERT INTO case_events (case_id, event_id, at, kind, state, code, item_id, by_kind, by_id, by_name, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	selEvents = db.SQL(db.Set, `SELECT event_id, at, kind, state, code, item_id, by_kind, by_id, by_name, detail FROM case_events WHERE case_id = $1 ORDER BY event_id`)
	insNumber = db.SQL(db.Local, `INSERT INTO case_numbers (year, last) VALUES ($1, 1) ON CONFLICT (year) DO UPDATE SET last = case_numbers.last + 1`)
	selNumber = db.SQL(db.Local, `SELECT last FROM case_numbers WHERE year = $1`)
	insItem   = db.SQL(db.OnePerson, `INSERT INTO case_items (bucket, person_id, case_id, item_id, kind, at, by_kind, by_name, state, message_id, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	selItems   = db.SQL(db.OnePerson, `SELECT case_id, item_id, kind, at, by_kind, by_name, state, message_id, content FROM case_items WHERE bucket = $1 AND person_id = $2 AND case_id = $3 ORDER BY item_id`)
	selItem    = db.SQL(db.OnePerson, `SELECT case_id, item_id, kind, at, by_kind, by_name, state, message_id, content FROM case_items WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND item_id = $4`)
	selItemsOf = db.SQL(db.OnePerson, `SELECT case_id, item_id, kind, at, by_kind, by_name, state, message_id, content FROM case_items WHERE bucket = $1 AND person_id = $2 ORDER BY case_id, item_id`)
	cpyItems   = db.SQL(db.Set, `INSERT INTO case_items (bucket, person_id, case_id, item_id, kind, at, by_kind, by_name, state, message_id, content)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), case_id, item_id, kind, at, by_kind, by_name, state, message_id, content FROM case_items WHERE bucket = $3 AND person_id = $4`)
	delItemsOf = db.SQL(db.OnePerson, `DELETE FROM case_items WHERE bucket = $1 AND person_id = $2`)
)

var (
	cpyItemsOfCase = db.SQL(db.Set, `INSERT INTO case_items (bucket, person_id, case_id, item_id, kind, at, by_kind, by_name, state, message_id, content)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), case_id, item_id, kind, at, by_kind, by_name, state, message_id, content FROM case_items
		WHERE bucket = $3 AND person_id = $4 AND case_id = $5`)
	delItemsOfCase = db.SQL(db.OnePerson, `DELETE FROM case_items WHERE bucket = $1 AND person_id = $2 AND case_id = $3`)
	delItemsKind   = db.SQL(db.OnePerson, `DELETE FROM case_items WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND kind = $4`)
	selPrint       = db.SQL(db.Set, `SELECT person_id, case_id, item_id, at FROM case_items WHERE state = $1 AND state <> '' ORDER BY item_id LIMIT $2`)
	updItem        = db.SQL(db.OnePerson, `UPDATE case_items SET state = $5 WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND item_id = $4`)
	selLift        = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE lift <> '' AND lift <= $1`)
	selOld         = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE closed_at > 0 AND closed_at < $1 AND person_id > 0 LIMIT $2`)
	selReceived    = db.SQL(db.Set, `SELECT `+caseCols+` FROM cases WHERE received BETWEEN $1 AND $2 ORDER BY case_id`)
	cntPrint       = db.SQL(db.Set, `SELECT count(*) FROM case_items WHERE state = $1 AND state <> ''`)
)
