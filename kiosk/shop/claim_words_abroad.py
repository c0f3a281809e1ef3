"""How a voice claims something about an order in German, French, Spanish, Italian and Dutch."""

from typing import Final

from kiosk.shop.claim_words import Claim, Tongue, tongue_of

_Wordings = tuple[tuple[tuple[Claim, ...], str], ...]

_MOVING: Final = (Claim.MOVING,)
_OUT: Final = (Claim.OUT, Claim.MOVING)
_DELIVERED: Final = (Claim.DELIVERED, Claim.OUT)
_DUE: Final = (Claim.DUE, Claim.OUT)
_REFUND: Final = (Claim.REFUND_MADE, Claim.REFUND_UNDER_WAY)

_ES_IT: Final = (
    "(?:es|sie|alles|(?:ihre?[nrms]?|deine?[nrms]?|eure?[nrms]?|die|das|der|diese[rsmn]?) "
    "(?!ruck|erstatt|retoure|geld|kolleg|laden|filiale)(?:[a-z0-9]+ ){1,2}?)"
)
_IST: Final = "(?:ist|sind|wurde|wurden|wird|werden|hat) ~"
_ICH: Final = "(?:ich habe?|wir haben|hab ich|habe ich|haben wir) ~"
_RUCK: Final = "(?:rucksendung|retoure|ruckgabe)"
_GELD: Final = "(?:ruckerstattung|erstattung|ruckzahlung|geld|gutschrift)"

_GERMAN: Final[_Wordings] = (
    (
        (Claim.AUTHORITY,),
        "(?:genehmigt|bewilligt)|ich (?:genehmige|bewillige|garantiere|verspreche|sichere)\\b"
        "|(?:kostenlos|gratis|umsonst) (?:, )?weil|als (?:filialleiter|marktleiter|manager)",
    ),
    (
        _MOVING,
        f"{_ES_IT}~{_IST}(?:versandt|versendet|verschickt|abgeschickt|unterwegs|auf dem weg)",
    ),
    (_OUT, f"{_ES_IT}~{_IST}(?:in (?:der )?zustellung|beim fahrer|im zustellfahrzeug)"),
    (
        _DELIVERED,
        f"{_ES_IT}~{_IST}(?:zugestellt|geliefert|ausgeliefert|angekommen|eingetroffen)",
    ),
    ((Claim.READY,), f"{_ES_IT}~{_IST}(?:abholbereit|zur abholung bereit|bereit zur abholung)"),
    (
        (Claim.PREPARED,),
        f"{_ES_IT}~{_IST}(?:verpackt|gepackt|vorbereitet|in vorbereitung|in bearbeitung"
        "|bearbeitet)",
    ),
    ((Claim.LATE,), f"{_ES_IT}~{_IST}(?:verspatet|verzogert|verspatung)"),
    (_DUE, f"{_ES_IT}(?:kommt|trifft) ~(?:heute|morgen|am|bis|ubermorgen)\\b"),
    ((Claim.CANCELLED,), f"{_ES_IT}~{_IST}storniert|{_ICH}(?:storniert|abbestellt)"),
    (
        (Claim.RETURN_STARTED,),
        f"{_RUCK} ~{_IST}(?:gestartet|angelegt|eingeleitet|registriert|erfasst|angemeldet"
        f"|veranlasst)|{_ICH}{_RUCK} ~(?:gestartet|angelegt|eingeleitet|registriert|erfasst"
        "|angemeldet|veranlasst)",
    ),
    (
        _REFUND,
        f"{_GELD} ~{_IST}(?:veranlasst|uberwiesen|bearbeitet|angewiesen|durchgefuhrt|ausgefuhrt"
        f"|erstattet|zuruckerstattet|ausgezahlt|unterwegs)|{_ICH}(?:erstattet|zuruckerstattet"
        "|uberwiesen)",
    ),
    (
        (Claim.STAFF_CALLED,),
        f"{_ICH}(?:kolleg\\w+|mitarbeiter\\w*|jemanden) ~(?:gerufen|verstandigt)",
    ),
    ((Claim.CHECKED,), f"{_ICH}(?:nachgesehen|nachgeschaut|gepruft|uberpruft)"),
)

_IL: Final = (
    "(?:il|elle|(?:votre|ta|ton|la|le|cette|ce) (?!rembours|retour|argent|magasin)"
    "(?:[a-z0-9]+ ){1,2}?)"
)
_EST: Final = "(?:a ete|ont ete|est|sont|vient d etre|a|sera) ~"
_JAI: Final = "(?:j ai|nous avons|je viens d|je viens de) ~"

_FRENCH: Final[_Wordings] = (
    (
        (Claim.AUTHORITY,),
        f"(?:remboursement|retour|demande) ~{_EST}(?:approuve|accorde|autorise|valide|accepte)"
        f"|{_JAI}(?:approuve|autorise|accorde)|j approuve|j autorise|j accorde"
        "|je (?:vous |te )?(?:garantis|promets|assure)|gratuit(?:e|ement)? (?:, )?(?:car|parce)",
    ),
    (_MOVING, f"{_IL}~{_EST}(?:expediee?s?|envoyee?s?|en route|partie?|en chemin)\\b"),
    (_OUT, f"{_IL}~{_EST}(?:en cours de livraison|en livraison)"),
    (_DELIVERED, f"{_IL}~{_EST}(?:livree?s?|arrivee?s?|remise?)\\b"),
    ((Claim.READY,), f"{_IL}~{_EST}(?:prete?s?|disponible)\\b"),
    ((Claim.PREPARED,), f"{_IL}~{_EST}(?:en preparation|preparee?|emballee?)\\b"),
    ((Claim.LATE,), f"{_IL}~{_EST}(?:retardee?|en retard)\\b"),
    (_DUE, f"{_IL}(?:arrive|arrivera) ~(?:aujourd|demain|lundi|mardi|mercredi|jeudi|vendredi)"),
    ((Claim.CANCELLED,), f"{_IL}~{_EST}annulee?s?\\b|{_JAI}annuler?\\b"),
    (
        (Claim.RETURN_STARTED,),
        f"retour ~{_EST}(?:enregistre|lance|cree|initie|demarre|ouvert)"
        f"|{_JAI}(?:enregistre|lance|cree|initie|demarre|ouvert) ~retour",
    ),
    (
        _REFUND,
        f"remboursement ~{_EST}(?:effectue|traite|en cours|emis|envoye|lance|fait)"
        f"|vous (?:avez ete|etes) ~rembourse|{_JAI}(?:effectue|lance|traite|emis) ~remboursement"
        "|(?:je|nous) (?:vous|t) (?:ai|avons) ~rembourse",
    ),
    (
        (Claim.STAFF_CALLED,),
        f"{_JAI}(?:appele|prevenu|averti) ~(?:collegue|vendeur|responsable|quelqu)",
    ),
    ((Claim.CHECKED,), f"{_JAI}(?:verifie|regarde|consulte)"),
)

_SU: Final = "(?:(?:su|tu|el|la|este|esta) (?!reembols|devoluci|dinero|tienda)(?:[a-z0-9]+ ){1,2}?)"
_HA_SIDO: Final = "(?:ha sido|han sido|fue|esta|se ha|ha|ya esta|ya ha|sera) ~"
_HE: Final = "(?:he|hemos|acabo de|le he|te he|la he|lo he) ~"

_SPANISH: Final[_Wordings] = (
    (
        (Claim.AUTHORITY,),
        f"(?:reembolso|devolucion|solicitud) ~{_HA_SIDO}(?:aprobad|autorizad|concedid|aceptad)"
        f"|{_HE}(?:aprobado|autorizado|concedido)|(?:yo |le |te )?(?:apruebo|autorizo|garantizo"
        "|prometo|aseguro)\\b|(?:gratis|gratuit[oa]|sin cost[eo]) (?:, )?porque",
    ),
    (_MOVING, f"{_SU}~{_HA_SIDO}(?:enviad|despachad|en camino|salido|expedid)"),
    (_OUT, f"{_SU}~{_HA_SIDO}(?:en reparto|en proceso de entrega)"),
    (_DELIVERED, f"{_SU}~{_HA_SIDO}(?:entregad|llegado)"),
    ((Claim.READY,), f"{_SU}~{_HA_SIDO}(?:list[oa]|disponible)"),
    ((Claim.PREPARED,), f"{_SU}~{_HA_SIDO}(?:en preparacion|preparad|empaquetad)"),
    ((Claim.LATE,), f"{_SU}~{_HA_SIDO}(?:retrasad|retraso|con retraso)"),
    (_DUE, f"{_SU}(?:llega|llegara) ~(?:hoy|manana|el|antes)\\b"),
    ((Claim.CANCELLED,), f"{_SU}~{_HA_SIDO}(?:cancelad|anulad)|{_HE}(?:cancelad|cancelar|anulad)"),
    (
        (Claim.RETURN_STARTED,),
        f"devolucion ~{_HA_SIDO}(?:iniciad|registrad|cread|abiert|tramitad)"
        f"|{_HE}(?:iniciado|registrado|creado|abierto|tramitado) ~devolucion",
    ),
    (
        _REFUND,
        f"(?:reembolso|dinero) ~{_HA_SIDO}(?:procesad|emitid|realizad|enviad|hecho|en camino"
        f"|en proceso|devuelto)|{_HE}(?:reembolsado|devuelto ~dinero|procesado ~reembolso)",
    ),
    (
        (Claim.STAFF_CALLED,),
        f"{_HE}(?:llamado|avisado) ~(?:companer|colega|alguien|encargad|dependient)",
    ),
    ((Claim.CHECKED,), f"{_HE}(?:comprobado|verificado|consultado|revisado)"),
)

_SUO: Final = (
    "(?:(?:il|la|lo|l|questo|questa) (?!rimborso|reso|negozio)(?:(?:suo|sua|tuo|tua|vostro|vostra)"
    " )?(?!rimborso|reso)[a-z]+ )"
)
_E_STATO: Final = "(?:e stat[oa]|sono stat[ie]|e gia|e|verra|sara|viene) ~"
_HO: Final = "(?:ho|abbiamo|l ho|ho appena) ~"

_ITALIAN: Final[_Wordings] = (
    (
        (Claim.AUTHORITY,),
        f"(?:rimborso|reso|richiesta) ~{_E_STATO}(?:approvat|autorizzat|concess|accettat)"
        f"|{_HO}(?:approvato|autorizzato|concesso)|(?:le |ti )?(?:approvo|autorizzo|garantisco"
        "|prometto|assicuro)\\b|(?:gratis|gratuit[oa]|gratuitamente) (?:, )?perche",
    ),
    (_MOVING, f"{_SUO}~{_E_STATO}(?:spedit|in viaggio|in transito|partit|in arrivo|inviat)"),
    (_OUT, f"{_SUO}~{_E_STATO}(?:in consegna)"),
    (_DELIVERED, f"{_SUO}~{_E_STATO}(?:consegnat|arrivat)"),
    ((Claim.READY,), f"{_SUO}~{_E_STATO}(?:pront[oa]|disponibile)"),
    ((Claim.PREPARED,), f"{_SUO}~{_E_STATO}(?:in preparazione|preparat|imballat)"),
    ((Claim.LATE,), f"{_SUO}~{_E_STATO}(?:in ritardo|ritardat)"),
    (_DUE, f"{_SUO}(?:arriva|arrivera) ~(?:oggi|domani|entro|lunedi|martedi|mercoledi|giovedi)"),
    ((Claim.CANCELLED,), f"{_SUO}~{_E_STATO}(?:annullat|cancellat)|{_HO}(?:annullat|cancellat)"),
    (
        (Claim.RETURN_STARTED,),
        f"reso ~{_E_STATO}(?:avviat|registrat|creat|apert)"
        f"|{_HO}(?:avviato|registrato|creato|aperto) ~reso",
    ),
    (
        _REFUND,
        f"rimborso ~{_E_STATO}(?:effettuat|emess|elaborat|in corso|dispost|inviat)"
        f"|{_HO}(?:rimborsat|effettuato ~rimborso|emesso ~rimborso)|e stat[oa] rimborsat",
    ),
    (
        (Claim.STAFF_CALLED,),
        f"{_HO}(?:chiamato|avvisato) ~(?:collega|commess|responsabile|qualcuno)",
    ),
    ((Claim.CHECKED,), f"{_HO}(?:controllato|verificato|consultato)"),
)

_UW: Final = (
    "(?:het|hij|(?:uw|je|jouw|de|het|deze|dit) (?!terugbeta|retour|geld|winkel|collega|restitutie)"
    "(?:[a-z0-9]+ ){1,2}?)"
)
_IS: Final = "(?:is|zijn|werd|wordt|was) ~"
_IK: Final = "(?:ik heb|we hebben|wij hebben|heb ik) ~"

_DUTCH: Final[_Wordings] = (
    (
        (Claim.AUTHORITY,),
        "(?:goedgekeurd|toegekend|geautoriseerd)|ik (?:garandeer|beloof|autoriseer|verzeker)\\b"
        "|ik keur ~goed|(?:gratis|kosteloos) (?:, )?omdat",
    ),
    (_MOVING, f"{_UW}~{_IS}(?:verzonden|onderweg|verstuurd)"),
    (_OUT, f"{_UW}~{_IS}(?:bij de bezorger|in bezorging)"),
    (_DELIVERED, f"{_UW}~{_IS}(?:bezorgd|geleverd|afgeleverd|aangekomen)"),
    ((Claim.READY,), f"{_UW}~{_IS}(?:klaar|gereed|op te halen)"),
    ((Claim.PREPARED,), f"{_UW}~{_IS}(?:ingepakt|in behandeling|voorbereid|verwerkt)"),
    ((Claim.LATE,), f"{_UW}~{_IS}(?:vertraagd|te laat)"),
    (_DUE, f"{_UW}(?:komt|arriveert) ~(?:vandaag|morgen|op)\\b"),
    ((Claim.CANCELLED,), f"{_UW}~{_IS}geannuleerd|{_IK}geannuleerd"),
    (
        (Claim.RETURN_STARTED,),
        f"retour(?:zending)? ~{_IS}(?:gestart|aangemeld|geregistreerd|aangemaakt)"
        f"|{_IK}retour(?:zending)? ~(?:gestart|aangemeld|geregistreerd|aangemaakt)",
    ),
    (
        _REFUND,
        f"(?:terugbetaling|restitutie|geld) ~{_IS}(?:verwerkt|uitgevoerd|onderweg|overgemaakt"
        f"|teruggestort|terugbetaald)|{_IK}(?:terugbetaald|teruggestort)",
    ),
    ((Claim.STAFF_CALLED,), f"{_IK}(?:een )?(?:collega|medewerker|iemand) ~(?:geroepen|gebeld)"),
    ((Claim.CHECKED,), f"{_IK}(?:nagekeken|gecontroleerd|opgezocht|gekeken)"),
)

ABROAD: Final[tuple[Tongue, ...]] = (
    tongue_of("de", _GERMAN),
    tongue_of("fr", _FRENCH),
    tongue_of("es", _SPANISH),
    tongue_of("it", _ITALIAN),
    tongue_of("nl", _DUTCH),
)
