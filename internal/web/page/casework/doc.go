// Package casework is the pages of the rights desk: the board of cases by what is
// due, one case with its clock, letters and acts, the form by which a request that
// came by post or phone is entered, and the figures an authority may ask for.
//
// It is a family of pages over the kit in web/page (see page/office): each page is a
// component that takes one view. What a case is open to comes as a list of Acts, each
// a form with its fields, so that the page offers what the case's state allows and
// nothing else, and an act added to the desk is a form more and no new component.
//
//	Board   GET /requests             cases by how pressing they are
//	New     GET /requests/new         a request that arrived by post, phone, in person
//	Case    GET /requests/{id}        POST /requests/{id}/{act}
//	Figures GET /requests/figures     for the authority
package casework
