package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// settings are an institution's own choices. Writing them for the first time is
// what sets an institution up.
type settings struct {
	Name         string   `json:"name" minLength:"1" maxLength:"100" example:"Aurora Theatre"`
	Language     string   `json:"language" enum:"en,fr,de,it,es" example:"en" doc:"Of mails and messages where the user has chosen none."`
	Separator    string   `json:"separator" example:","  doc:"Of the files that Rollbook writes."`
	Country      string   `json:"country" pattern:"^[A-Z]{2}$" example:"GB" doc:"ISO 3166-1 code, for telephone numbers without a country code."`
	NumberDigits int      `json:"numberDigits,omitempty" minimum:"1" maximum:"18" example:"7" doc:"Width of the numbers that new contacts get; 7 unless set."`
	Titles       []string `json:"titles,omitempty" maxItems:"50" example:"[\"Ms\",\"Mr\"]" doc:"Titles that contacts may have."`
	MailDomains  []string `json:"mailDomains,omitempty" maxItems:"50" example:"[\"aurora.example\"]" doc:"Mail goes to addresses of these domains, and to users of the institution; to no others."`
	DropEmail    string   `json:"dropEmail,omitempty" doc:"Where the end of an import from the drop folder is mailed."`
	AuditDays    int      `json:"auditDays,omitempty" minimum:"90" maximum:"3650" doc:"How long it is remembered who did what; 730 unless set."`
	ExportRole   string   `json:"exportRole,omitempty" enum:"viewer,operator,admin" doc:"The least group that may take contacts out in bulk: fetch files of imports and templates, go beyond the first page of a list of contacts, changes or problems that was not searched by three letters or more. operator unless set."`
	Limits       limits   `json:"limits,omitzero" doc:"Of the institution as a whole. What is absent has its usual limit."`
	UserLimits   limits   `json:"userLimits,omitzero" doc:"Of each user."`
}

// limits bound what is done, see GET /api/usage.
type limits struct {
	ImportsAtOnce   int `json:"importsAtOnce,omitempty" minimum:"1" maximum:"500"`
	RowsADay        int `json:"rowsADay,omitempty" minimum:"1" maximum:"100000000"`
	MailsADay       int `json:"mailsADay,omitempty" minimum:"1" maximum:"10000"`
	DeletionsAnHour int `json:"deletionsAnHour,omitempty" minimum:"1" maximum:"10000"`
	PreviewsAtOnce  int `json:"previewsAtOnce,omitempty" minimum:"1" maximum:"100"`
	ContactsADay    int `json:"contactsADay,omitempty" minimum:"1" maximum:"1000000" doc:"Contacts shown to those who may not export, see exportRole."`
	FileMegabytes   int `json:"fileMegabytes,omitempty" minimum:"1" maximum:"5000" doc:"Size of a file, in millions of bytes: of an upload form the smaller of the institution's and the user's, of the drop folder the institution's. Larger ones are rejected (fileTooLarge)."`
}

type settingsInput struct {
	Conditional
	Body settings
}

type settingsAnswer struct {
	ETag string `header:"ETag"`
	Body settings
}

var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$`)

func showSettings(s domain.Settings) settings {
	return settings{s.Name, s.Language, s.Separator, s.Country, s.NumberDigits, s.Titles, s.MailDomains, s.DropEmail, s.AuditDays, s.ExportRole, limits(s.Limits), limits(s.UserLimits)}
}

func (s *server) settingsRoutes() {
	route(s, Viewer, huma.Operation{
		OperationID: "getSettings", Method: http.MethodGet, Path: "/api/settings", Tags: []string{tagMe},
		Summary: "The institution's settings",
	}, func(ctx context.Context, c Claims, _ *struct{}) (*settingsAnswer, error) {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return nil, err
		}
		shown := showSettings(cat.Settings)
		return &settingsAnswer{tag(shown), shown}, nil
	})
	route(s, Admin, huma.Operation{
		OperationID: "putSettings", Method: http.MethodPut, Path: "/api/settings", Tags: []string{tagMe},
		Summary: "Set the institution up, or change its settings", Errors: []int{http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *settingsInput) (*settingsAnswer, error) {
		b := in.Body
		if b.Separator != "," && b.Separator != ";" {
			return nil, fault.At("body.separator", "badSeparator")
		}
		b.Name = strings.TrimSpace(b.Name)
		if b.Name == "" {
			return nil, fault.At("body.name", "nameMissing")
		}
		for i, t := range b.Titles {
			if t = strings.TrimSpace(t); t == "" || len([]rune(t)) > domain.MaxTitle || slices.Contains(b.Titles[:i], t) {
				return nil, fault.At("body.titles", "badTitle")
			}
			b.Titles[i] = t
		}
		var f faults
		for i, d := range b.MailDomains {
			if b.MailDomains[i] = strings.ToLower(strings.TrimSpace(d)); !domainName.MatchString(b.MailDomains[i]) {
				f.add(fmt.Sprintf("body.mailDomains[%d]", i), "invalid.domain")
			}
		}
		b.DropEmail = f.email("body.dropEmail", b.DropEmail)
		if err := f.err(); err != nil {
			return nil, err
		}
		cat, err := s.Catalogue.Catalogue(ctx, c.Institution)
		exists := err == nil
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		var now settings
		if exists {
			now = showSettings(cat.Settings)
		}
		if err := in.check(exists, now); err != nil {
			return nil, err
		}
		return &settingsAnswer{tag(b), b}, s.Catalogue.PutSettings(ctx, c.Institution, domain.Settings{
			Name: b.Name, Language: b.Language, Separator: b.Separator, Country: b.Country, NumberDigits: b.NumberDigits, Titles: b.Titles,
			MailDomains: b.MailDomains, DropEmail: b.DropEmail, AuditDays: b.AuditDays, ExportRole: b.ExportRole, Limits: domain.Limits(b.Limits), UserLimits: domain.Limits(b.UserLimits)})
	})
}
