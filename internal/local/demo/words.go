package demo

import "rollbook/internal/domain"

// people are the names of one language.
type people struct {
	first, last, organisations, streets []string
	towns                               [][3]string // postcode, city, country
}

var peoples = [5]people{
	{
		first:         []string{"Olivia", "George", "Amelia", "Harry", "Isla", "Zoë", "Jack", "Chloë", "Oscar", "Siân", "Seán", "Priya", "Mohammed", "Ngozi", "Mary Ann", "Al", "Wei", "Aisha", "Freya", "D'Arcy"},
		last:          []string{"Smith", "O'Neil", "MacDonald", "Brontë", "Patel", "van der Berg", "Okafor", "St John", "Featherstonehaugh", "Ng", "Llewellyn", "Fitzgerald", "Khan", "Taylor", "Adébáyò", "Wright", "Hall", "Null", "Li", "Beauchamp"},
		organisations: []string{"%s & Sons Ltd", "The %s Foundation", "%s Primary School", "Friends of %s Hall", "%s, Wood and Partners LLP"},
		streets:       []string{"%d High Street", "Flat 3, %d Station Road", "%d St Mary's Close", "%d The Green"},
		towns:         [][3]string{{"W1A 1AA", "London", "GB"}, {"EH1 1YZ", "Edinburgh", "GB"}, {"CF10 1EP", "Cardiff", "GB"}, {"M1 1AE", "Manchester", "GB"}, {"D02 AF30", "Dublin", "IE"}, {"BA1 1SU", "Bath", "GB"}},
	},
	{
		first:         []string{"Élodie", "François", "Chloé", "Jérôme", "Anaïs", "Benoît", "Maël", "Zoé", "Jean-Luc", "Aurélie", "Loïc", "Inès", "Cédric", "Marie-Thérèse", "Noël", "Fatoumata", "Gaëlle", "Étienne", "Maÿlis", "Hugo"},
		last:          []string{"Lefèvre", "Dupont", "Müller", "L'Hôpital", "Garçon", "Bélanger", "de La Tour", "N'Diaye", "Françoise", "Château", "Rochat", "Favre", "Œuvrard", "Petit", "Benoist", "D'Aubigné", "Perrin", "Gauthier", "Çelik", "Bühler"},
		organisations: []string{"Théâtre %s", "Association « %s »", "École %s", "%s & Cie SA", "Fondation %s"},
		streets:       []string{"%d, rue de l'Église", "%d bis, avenue des Alpes", "Chemin du Crêt %d", "%d, place Saint-François"},
		towns:         [][3]string{{"1003", "Lausanne", "CH"}, {"1204", "Genève", "CH"}, {"2000", "Neuchâtel", "CH"}, {"01000", "Bourg-en-Bresse", "FR"}, {"06000", "Nice", "FR"}, {"75005", "Paris", "FR"}, {"4000", "Liège", "BE"}},
	},
	{
		first:         []string{"Jürgen", "Käthe", "Jörg", "Sören", "Björn", "Anneliese", "Günther", "Zoë", "Hans-Peter", "Ümit", "Lena", "Finn", "Ayşe", "Theodor", "Hildegard", "Mathilda", "Götz", "Uta", "Karl-Heinz", "Mia"},
		last:          []string{"Müller", "Groß", "Weiß", "Schröder", "von der Leyden", "Jäger", "Kühn", "Yılmaz", "Schäfer", "Böhm", "Strauß", "Lang", "Öztürk", "Fuchs", "Straßer", "zu Guttenstein", "Vogel", "Ziegler", "Ehrenfeld", "Köhler"},
		organisations: []string{"%s GmbH", "%s & Söhne KG", "Verein der Freunde %s e. V.", "Grundschule %s", "Stiftung %s"},
		streets:       []string{"Hauptstraße %d", "Am Mühlbach %d", "Schloßallee %d a", "Bahnhofstr. %d"},
		towns:         [][3]string{{"01067", "Dresden", "DE"}, {"80331", "München", "DE"}, {"8001", "Zürich", "CH"}, {"50667", "Köln", "DE"}, {"1010", "Wien", "AT"}, {"5020", "Salzburg", "AT"}},
	},
	{
		first:         []string{"Niccolò", "Giosuè", "Mosè", "Francesca", "Giovanni", "Chiara", "Pasquale", "Maria Grazia", "Alessandro", "Ilaria", "Noè", "Beatrice", "Cosimo", "Ludovica", "Gian Luca", "Bianca", "Tommaso", "Aurora", "Rocco", "Fiorella"},
		last:          []string{"Rossi", "D'Angelo", "Dell'Acqua", "Nicolò", "Esposito", "De Luca", "Lo Presti", "Bianchi", "Cantù", "Fantò", "Ferrari", "Gallo", "Di Maio", "Colombo", "Mazzà", "Ricci", "Sanna", "Vitale", "Zanella", "Forlì"},
		organisations: []string{"%s S.r.l.", "Fondazione %s", "Scuola %s", "Associazione «%s»", "Fratelli %s S.n.c."},
		streets:       []string{"Via Garibaldi %d", "Piazza dell'Unità %d", "Corso Italia, %d/B", "Viale della Libertà %d"},
		towns:         [][3]string{{"00184", "Roma", "IT"}, {"20121", "Milano", "IT"}, {"6900", "Lugano", "CH"}, {"47121", "Forlì", "IT"}, {"09124", "Cagliari", "IT"}},
	},
	{
		first:         []string{"José", "María", "Íñigo", "Begoña", "Ramón", "Lucía", "Ángel", "Núria", "Jesús", "Inmaculada", "Andrés", "Sofía", "Óscar", "Ximena", "Juan Pablo", "Elena", "Matías", "Rocío", "Zoe", "Iñaki"},
		last:          []string{"García", "Muñoz", "Núñez Peña", "Fernández", "López", "Ibáñez", "Castaño", "de la Cruz", "Álvarez", "Güell", "Peña", "Sánchez", "Martínez", "Ochoa", "Yáñez", "Rodríguez", "Vázquez", "Echeverría", "Ortiz", "Sáenz"},
		organisations: []string{"%s S.L.", "Fundación %s", "Colegio %s", "Hermanos %s e Hijos", "Teatro %s"},
		streets:       []string{"Calle Mayor, %d", "Avda. de la Constitución, %d, 2.º B", "Plaza España %d", "Paseo del Río, %d"},
		towns:         [][3]string{{"28013", "Madrid", "ES"}, {"08002", "Barcelona", "ES"}, {"41001", "Sevilla", "ES"}, {"15001", "A Coruña", "ES"}, {"01001", "Vitoria-Gasteiz", "ES"}},
	},
}

// domains are reserved for examples (RFC 2606).
var domains = []string{"example.com", "example.org", "example.net", "mail.example.org", "museum.example", "post.example"}

// phones are of ranges that no telephone has.
var phones = []string{"+4477009001%02d", "+4420794601%02d", "+336399801%02d", "+120255501%02d"}

// proofs say how an authorisation was given.
var proofs = map[domain.InstitutionID][]string{
	Aurora:   {"Paper form", "Ticket desk", "Newsletter confirmation", "Season subscription", "Telephone call"},
	Borealis: {"Formulaire papier", "Guichet", "Confirmation de la newsletter", "Abonnement", "Appel téléphonique"},
}

var nicknames = [5][]string{
	{"Dear Olivia", "Prof.", "Granny & Gramps", "Mo", "the Smiths"},
	{"Chère Élodie", "Mon cher maître", "Les Dupont", "Tonton Noël"},
	{"Liebe Käthe", "Frau Professorin", "Familie Groß", "Jürgen & Uta"},
	{"Gentile Maestro", "Cara Beatrice", "Famiglia Rossi", "Zio Mosè"},
	{"Querida Begoña", "Los García", "Don Íñigo", "Tía Inma"},
}

// notes have one year each.
var notes = [5][]string{
	{"Met at the gala in %d", "Prefers aisle seats since %d", "Moved house in %d; letters come back", "Donor since %d, likes to be thanked"},
	{"Rencontré au gala %d", "Préfère le premier rang depuis %d", "A déménagé en %d, courrier retourné", "Mécène depuis %d ; à remercier"},
	{"Beim Galaabend %d kennengelernt", "Sitzt seit %d gern am Gang", "%d umgezogen, Post kommt zurück", "Fördert seit %d, bitte danken"},
	{"Conosciuto al gala del %d", "Preferisce il corridoio dal %d", "Trasferito nel %d, posta restituita", "Sostenitore dal %d, da ringraziare"},
	{"Lo conocimos en la gala de %d", "Prefiere pasillo desde %d", "Se mudó en %d; las cartas vuelven", "Mecenas desde %d, dar las gracias"},
}

// awkward are texts that spreadsheets and their readers stumble over.
var awkward = []string{
	"=SUM(A1:A9)", "=cmd|' /C calc'!A0", "+41 on request", "-", "-12", "@home", "'quoted", "''", "\"", `Says "hello", then leaves`,
	"comma, semicolon; bar | and tab", "Empty", "empty", "Vide", `\Empty`, `\\server\share`, "add: JAZZ", "NULL", "N/A", "#N/A", "TRUE", "FAUX",
	"0012345", "1/2", "1-Mar", "1,23457E+15", "1 234,50", "🎭 loves opera 🎶", "👩‍👩‍👧 family of three", "שלום", "مرحبا بكم", "日本語のメモ", "Ελληνικά",
	"n̈ has no code point of its own", "“smart” ‘quotes’ – and dashes…", "<b>bold</b> & <script>alert(1)</script>", "O'Neil", "100 %", "{{.Secret}}", "$(id)", "; DROP TABLE contacts; --", "a\u00a0b",
	"Wants one letter a year and no more than that, always by post, never on a Monday, and never in the week before the summer holidays; please ask for the daughter, who looks after the subscription and knows the seats by heart.",
}
