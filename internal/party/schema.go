package party

import "kartotek/internal/db"

// Schema is the tables of the room.
var Schema = db.Schema{Room: "party", Tables: []db.Table{
	{
		Name: "persons", Kind: db.PersonTable, Key: "bucket, person_id",
		Cols: db.Cols(`bucket int, person_id big, kind int, status int, reach int
			first_name text personal, last_name text personal, first_fold text personal, last_fold text personal
			title text personal, language text personal, country text personal, city text personal, city_fold text personal
			org text personal, org_id big, email text personal, phone text personal
			fields text personal, prov text, registered_at big, changed_at big, source_id big, row_hash big`),
		Indexes: []db.Index{
			{Name: "persons_name", Cols: "last_fold, first_fold, bucket, person_id", Where: "status < 2"},
			{Name: "persons_first", Cols: "first_fold, last_fold, bucket, person_id", Where: "status < 2"},
			{Name: "persons_city", Cols: "city_fold, last_fold, first_fold, bucket, person_id", Where: "status < 2"},
			{Name: "persons_org", Cols: "org_id, last_fold, first_fold, bucket, person_id", Where: "org_id <> 0"},
			{Name: "persons_phone", Cols: "phone, bucket, person_id", Where: "phone <> ''"},
		},
	},
	{
		Name: "points", Kind: db.PersonTable, Key: "bucket, person_id, point_id",
		Cols: db.Cols(`bucket int, person_id big, point_id big, kind text, label text
			value text personal, norm text personal, state int, source_id big, at big`),
	},
	{
		Name: "person_tags", Kind: db.PersonTable, Key: "bucket, person_id, tag",
		Cols:    db.Cols(`bucket int, person_id big, tag text personal, source_id big, at big`),
		Indexes: []db.Index{{Name: "person_tags_tag", Cols: "tag, bucket, person_id"}},
	},
	{
		Name: "changes", Kind: db.PersonTable, Key: "bucket, person_id, change_id",
		Cols: db.Cols(`bucket int, person_id big, change_id big, at big, kind text, by_kind text, by_id big, by_name text
			source_id big, diff text personal, undoes big, row_hash big, prior_hash big`),
	},
	{
		Name: "merges", Kind: db.PersonTable, Key: "bucket, person_id",
		Cols: db.Cols(`bucket int, person_id big, into_id big, at big`),
	},
	{
		Name: "different", Kind: db.PersonTable, Key: "bucket, person_id, other_id",
		Cols: db.Cols(`bucket int, person_id big, other_id big, at big, by_name text`),
	},
	{
		Name: "identifiers", Kind: db.ValueTable, Key: "value, kind",
		Cols: db.Cols(`value text personal, kind text, bucket int, person_id big`),
	},
	{
		Name: "organisations", Kind: db.ValueTable, Key: "org_id",
		Cols: db.Cols(`org_id big, name text, name_fold text, business_id text, email text, phone text, street text, postcode text
			city text, country text, industry text, registered_at big, changed_at big, source_id big`),
		Indexes: []db.Index{{Name: "organisations_name", Cols: "name_fold, org_id"}},
	},
	{
		Name: "names", Kind: db.ValueTable, Key: "kind, value",
		Cols: db.Cols(`kind text, value text personal`),
	},
	{
		Name: "sources", Kind: db.ReferenceTable, Key: "source_id",
		Cols: db.Cols(`source_id big, kind text, label text, at big, by_name text`),
	},
}}

// BulkTables are the tables a large import fills; their indexes may be built afterwards.
var BulkTables = []string{"persons", "person_tags", "organisations"}
