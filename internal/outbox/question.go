package outbox

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/permit"
)

// NoticeQuestion asks a published version of the notice, for Room.Question.
func NoticeQuestion(n *notice.Room) func(tx *db.Tx, version int, purpose, channel string, at time.Time) (permit.Question, error) {
	return func(tx *db.Tx, version int, purpose, channel string, at time.Time) (permit.Question, error) {
		in, err := n.Open(tx, version)
		if err != nil {
			return permit.Question{}, err
		}
		return in.PermitQuestion(purpose, channel, at)
	}
}
