package nordic

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
)

// Listmonk writes n people as listmonk exports its subscribers: seven columns,
// eleven attributes each as JSON, everybody "enabled" but one in fifty.
func Listmonk(w io.Writer, n, orgs int) error {
	c := csv.NewWriter(w)
	c.Write([]string{"uuid", "email", "name", "attributes", "status", "created_at", "updated_at"})
	for i := range n {
		p := At(i, orgs)
		attrs, err := json.Marshal(map[string]string{"first_name": p.First, "last_name": p.Last, "organisation": p.Org, "title": p.Title, "phone": p.Phone,
			"street": p.Street, "postcode": p.Postcode, "city": p.City, "country": p.Country, "industry": p.Industry, "language": p.Language})
		if err != nil {
			return err
		}
		status := "enabled"
		if i%50 == 49 {
			status = "blocklisted"
		}
		c.Write([]string{fmt.Sprintf("00000000-0000-4000-8000-%012d", i), p.Email, p.First + " " + p.Last, string(attrs), status,
			"2024-05-01 09:30:00.123456 +0000 UTC", "2025-05-01 09:30:00.123456 +0000 UTC"})
	}
	c.Flush()
	return c.Error()
}
