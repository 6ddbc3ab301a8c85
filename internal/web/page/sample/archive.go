package sample

import "kartotek/internal/web/page"

func (s set) archive() []Sample {
	v := page.ArchiveView{Public: s.outside(s.p.T("archive.title")), FeedURL: "/archive/" + s.p.Lang() + "/rss.xml", Rows: []page.ArchiveRow{
		{Subject: s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"), At: day(2026, 11, 12, 9, 31), Href: "/archive/1/november",
			Summary: s.s("När det blir kallt stänger vi fönstren. Tre saker som håller luften frisk, och vad de kostar.", "Kun tulee kylmä, suljemme ikkunat. Kolme asiaa, jotka pitävät ilman raikkaana, ja mitä ne maksavat.", "When it gets cold we close the windows. Three things that keep the air fresh, and what they cost.")},
		{Subject: s.s("Öppet hus i Åbo", "Avoimet ovet Turussa", "Open house in Turku"), At: day(2026, 10, 2, 8, 0), Href: "/archive/2/open",
			Summary: s.s("Kom och känn på filtren den 14 oktober.", "Tule tutustumaan suodattimiin 14. lokakuuta.", "Come and try the filters on 14 October.")},
	}, Next: "/archive/sv?before=2"}
	empty := v
	empty.Rows, empty.Next = nil, ""
	return []Sample{{Name: "archive", Component: page.Archive(v), Public: true}, {Name: "archive-empty", Component: page.Archive(empty), Public: true}}
}
