package page

// icons are the paths of Kartotek's own icons: 24 units square, one stroke.
var icons = map[string]string{
	"today":    "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M8.500 15l2.300 2.200L15.500 13",
	"person":   "M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4.500 20.500c.6-4 3.700-6 7.500-6s6.900 2 7.500 6",
	"building": "M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3M16.500 13v0M16.500 17v0",
	"letter":   "M3 6h18v13H3zM3.500 6.500L12 13.500l8.500-7",
	"filter":   "M3.500 5h17l-6.500 8v6.500l-4-2V13z",
	"tray":     "M4 14v6h16v-6M12 3v12M8 11l4 4l4-4",
	"scroll":   "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
	"log":      "M4 5h2M4 12h2M4 19h2M9 5h11M9 12h11M9 19h11",
	"catch":    "M3 9l9-6l9 6v11H3zM3 9l9 6l9-6",
	"search":   "M10.500 17a6.500 6.500 0 1 0 0-13a6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21",
	"yes":      "M5 12.500l4.500 4.500L19 7",
	"no":       "M6 6l12 12M18 6L6 18",
	"wait":     "M12 7v5.500l3 2M12 21a9 9 0 1 0 0-18a9 9 0 0 0 0 18z",
	"info":     "M12 11v6M12 7.500v0M12 21a9 9 0 1 0 0-18a9 9 0 0 0 0 18z",
	"warn":     "M12 4l9 16H3zM12 10v5M12 17.500v0",
	"more":     "M5 7h14M5 12h14M5 17h14",
	"undo":     "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
	"edit":     "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
	"plus":     "M12 5v14M5 12h14",
	"tag":      "M4 4h8l8 8l-8 8l-8-8zM8 8v0",
	"badge":    "M5 4h14v16H5zM12 12.500a2.200 2.200 0 1 0 0-4.400a2.200 2.200 0 0 0 0 4.400zM8.500 17c.4-2 1.700-3 3.500-3s3.100 1 3.500 3M10 4v2h4V4",
	"lock":     "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
	"eye":      "M2.500 12C5 7.500 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12zM12 15a3 3 0 1 0 0-6a3 3 0 0 0 0 6z",
	"moon":     "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
	"merge":    "M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8M9 17l3 3l3-3",
	"phone":    "M7 3h10v18H7zM11 18h2",
	"call":     "M5 4h4l2 5l-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4c0 1-1 1.500-2 1.500C10 20 4 14 3.500 6C3.500 5 4 4 5 4z",
	"post":     "M4 20V9a4 4 0 0 1 8 0v11zM8 5h8a4 4 0 0 1 4 4v11h-8M16 9v3h2",
	"up":       "M12 19V6M6 11l6-6 6 6",
	"down":     "M12 5v13M6 13l6 6 6-6",
	"copy":     "M9 8h11v12H9zM15 5H4v12h2",
}

// toneIcon is the shape that goes with a tone.
func toneIcon(t Tone) string {
	switch t {
	case Yes, No, Wait, Info:
		return string(t)
	}
	return ""
}
