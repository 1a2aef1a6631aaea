package api

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/file/sheet"
)

//go:embed docs
var docs embed.FS

// screenConfig is what the screen must know before anybody signs in.
type screenConfig struct {
	ScreenURL  string            `json:"screenUrl"`
	SignInURL  string            `json:"signInUrl"`
	UserPoolID string            `json:"userPoolId"`
	ClientID   string            `json:"clientId"`
	Federated  *federated        `json:"federated,omitempty"` // the institution's own sign-in, where there is one
	DataTypes  []domain.DataType `json:"dataTypes"`           // that can be imported
	Languages  []string          `json:"languages"`
	Encodings  []string          `json:"encodings"` // that a file's may be said to be
}

// federated is how the screen asks for another sign-in than the user pool's own.
type federated struct {
	Provider string `json:"provider"`
	ClientID string `json:"clientId"`
}

// openRoutes serves what needs no token and is not described: the description
// itself, a page that shows it, and the screen's settings.
func (s *server) openRoutes() {
	for _, item := range s.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put} {
			if op != nil {
				describeAbsence(op, s.huma.OpenAPI().Components.Schemas)
			}
		}
	}
	// A function that starts is not kept waiting for what few ask for.
	spec := sync.OnceValue(func() []byte {
		b, err := s.description()
		if err != nil {
			panic(err) // it is built from constants
		}
		return b
	})
	s.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(spec())
	})
	var other *federated
	if f := s.Federation; f.ClientID != "" {
		other = &federated{f.Provider, f.ClientID}
	}
	config, err := json.Marshal(screenConfig{s.ScreenURL, s.SignInURL, s.UserPoolID, s.ClientID, other, importTypes, domain.Languages, sheet.Encodings()})
	if err != nil {
		panic(err)
	}
	s.mux.HandleFunc("GET /config.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(config)
	})
	for path, file := range map[string]string{"/docs": "docs.html", "/docs/docs.js": "docs.js", "/docs/docs.css": "docs.css"} {
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, mustSub(docs), file)
		})
	}
}

func mustSub(f embed.FS) fs.FS {
	sub, err := fs.Sub(f, "docs")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
