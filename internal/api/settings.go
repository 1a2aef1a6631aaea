package api

import (
	"context"
	"net/http"
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
}

type settingsInput struct {
	Conditional
	Body settings
}

type settingsAnswer struct {
	ETag string `header:"ETag"`
	Body settings
}

func showSettings(s domain.Settings) settings {
	return settings{s.Name, s.Language, s.Separator, s.Country, s.NumberDigits, s.Titles}
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
			return nil, fault.At("body.separator", "badSeparator", "The separator is , or ;.")
		}
		b.Name = strings.TrimSpace(b.Name)
		if b.Name == "" {
			return nil, fault.At("body.name", "nameMissing", "The institution needs a name.")
		}
		for i, t := range b.Titles {
			if t = strings.TrimSpace(t); t == "" || len([]rune(t)) > 60 || slices.Contains(b.Titles[:i], t) {
				return nil, fault.At("body.titles", "badTitle", "Titles have 1 to 60 characters, and each stands there once.")
			}
			b.Titles[i] = t
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
			Name: b.Name, Language: b.Language, Separator: b.Separator, Country: b.Country, NumberDigits: b.NumberDigits, Titles: b.Titles})
	})
}
