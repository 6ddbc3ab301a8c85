package matter

// Terms is what the desk needs of the notice in force.
type Terms struct {
	Version    int
	Controller Controller
	Contact    string                              // an address people may write to about their data
	Authority  string                              // country of the supervisory authority
	Country    string                              // whose public holidays and time count
	Language   string                              // of the register
	Service    string                              // a service purpose that letters about a case may go out under; "" for none
	Base       string                              // public address of the register
	Purposes   map[string]func(lang string) string // titles of the purposes, by id
}

// Controller is the company, as letters are headed.
type Controller struct {
	Name, Street, Postcode, City, Country, Email, Phone, BusinessID string
}
