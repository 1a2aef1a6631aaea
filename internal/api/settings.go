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

type settingsInput struct{ Body settings }

type settingsAnswer struct{ Body settings }

func (s *server) settingsRoutes() {
	route(s, Viewer, huma.Operation{
		OperationID: "getSettings", Method: http.MethodGet, Path: "/api/settings", Tags: []string{tagMe},
		Summary: "The institution's settings",
	}, func(ctx context.Context, c Claims, _ *struct{}) (*settingsAnswer, error) {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return nil, err
		}
		return &settingsAnswer{settings{cat.Settings.Name, cat.Settings.Language, cat.Settings.Separator, cat.Settings.Country, cat.Settings.NumberDigits, cat.Settings.Titles}}, nil
	})
	route(s, Admin, huma.Operation{
		OperationID: "putSettings", Method: http.MethodPut, Path: "/api/settings", Tags: []string{tagMe},
		Summary: "Set the institution up, or change its settings",
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
		return &settingsAnswer{b}, s.Catalogue.PutSettings(ctx, c.Institution, domain.Settings{
			Name: b.Name, Language: b.Language, Separator: b.Separator, Country: b.Country, NumberDigits: b.NumberDigits, Titles: b.Titles})
	})
}
