// Package office is the pages about the people who do the work and what they
// may: accounts and sign-in, second factors, keys, access levels, elevations
// and approvals, reviews, and the security measures of the notice.
//
// It is a family of pages over the kit in web/page: each page is a component
// that takes one view, a view of a staff page embeds page.Frame, and what is
// drawn is drawn with page.Card, page.Input, page.Badge and their siblings. A
// family holds no rules and imports no room; web/admin fills its views. A new
// family of pages is a folder like this one, with its samples in web/page/sample.
package office
