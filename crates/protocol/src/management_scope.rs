//! The scopes of the Management API, spelled as in Auth0's.

use std::fmt;

use crate::scope::ScopeSet;

macro_rules! management_scopes {
    ($($name:ident = $token:literal,)*) => {
        /// What a caller of the Management API may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ManagementScope {
            $(#[doc = concat!("`", $token, "`")] $name,)*
        }

        impl ManagementScope {
            /// Every scope, as the Management API offers them.
            pub const ALL: &[ManagementScope] = &[$(ManagementScope::$name,)*];

            /// The scope token.
            pub fn as_str(self) -> &'static str {
                match self { $(ManagementScope::$name => $token,)* }
            }
        }
    };
}

management_scopes! {
    ReadClients = "read:clients",
    CreateClients = "create:clients",
    UpdateClients = "update:clients",
    DeleteClients = "delete:clients",
    ReadClientKeys = "read:client_keys",
    UpdateClientKeys = "update:client_keys",
    ReadClientCredentials = "read:client_credentials",
    CreateClientCredentials = "create:client_credentials",
    UpdateClientCredentials = "update:client_credentials",
    DeleteClientCredentials = "delete:client_credentials",
    ReadClientGrants = "read:client_grants",
    CreateClientGrants = "create:client_grants",
    UpdateClientGrants = "update:client_grants",
    DeleteClientGrants = "delete:client_grants",
    ReadResourceServers = "read:resource_servers",
    CreateResourceServers = "create:resource_servers",
    UpdateResourceServers = "update:resource_servers",
    DeleteResourceServers = "delete:resource_servers",
    ReadConnections = "read:connections",
    CreateConnections = "create:connections",
    UpdateConnections = "update:connections",
    DeleteConnections = "delete:connections",
    ReadUsers = "read:users",
    CreateUsers = "create:users",
    UpdateUsers = "update:users",
    DeleteUsers = "delete:users",
    UpdateUsersAppMetadata = "update:users_app_metadata",
    CreateUserTickets = "create:user_tickets",
    ReadRoles = "read:roles",
    CreateRoles = "create:roles",
    UpdateRoles = "update:roles",
    DeleteRoles = "delete:roles",
    ReadRoleMembers = "read:role_members",
    CreateRoleMembers = "create:role_members",
    DeleteRoleMembers = "delete:role_members",
    ReadUserEffectiveRoles = "read:user_effective_roles",
    ReadUserEffectivePermissions = "read:user_effective_permissions",
    ReadLogs = "read:logs",
    ReadLogsUsers = "read:logs_users",
    ReadTenantSettings = "read:tenant_settings",
    UpdateTenantSettings = "update:tenant_settings",
    ReadStats = "read:stats",
    ReadGrants = "read:grants",
    DeleteGrants = "delete:grants",
    ReadSessions = "read:sessions",
    UpdateSessions = "update:sessions",
    DeleteSessions = "delete:sessions",
    ReadRefreshTokens = "read:refresh_tokens",
    UpdateRefreshTokens = "update:refresh_tokens",
    DeleteRefreshTokens = "delete:refresh_tokens",
    ReadDeviceCredentials = "read:device_credentials",
    DeleteDeviceCredentials = "delete:device_credentials",
    ReadAnomalyBlocks = "read:anomaly_blocks",
    DeleteAnomalyBlocks = "delete:anomaly_blocks",
    ReadSigningKeys = "read:signing_keys",
    CreateSigningKeys = "create:signing_keys",
    UpdateSigningKeys = "update:signing_keys",
}

impl ManagementScope {
    /// Whether a token with this scope has it.
    pub fn granted(self, scope: &ScopeSet) -> bool {
        scope.contains(self.as_str())
    }
}

impl fmt::Display for ManagementScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ManagementScope;
    use crate::scope::ScopeSet;

    #[test]
    fn every_scope_has_a_verb_a_resource_and_a_spelling_of_its_own() {
        let tokens: HashSet<_> = ManagementScope::ALL.iter().map(|scope| scope.as_str()).collect();
        assert_eq!(tokens.len(), ManagementScope::ALL.len());
        for token in tokens {
            let (verb, resource) = token.split_once(':').expect("a verb and a resource");
            assert!(["read", "create", "update", "delete"].contains(&verb), "{token}");
            assert!(resource.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{token}");
        }
    }

    #[test]
    fn a_name_is_the_camel_case_of_its_spelling() {
        for scope in ManagementScope::ALL {
            let words = scope.as_str().split([':', '_']);
            let camel: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            assert_eq!(format!("{scope:?}"), camel);
        }
    }

    #[test]
    fn one_scope_does_not_bring_another() {
        let held = ScopeSet::parse("read:users update:users_app_metadata READ:LOGS");
        let granted: Vec<_> = ManagementScope::ALL.iter().filter(|scope| scope.granted(&held)).collect();
        assert_eq!(granted, [&ManagementScope::ReadUsers, &ManagementScope::UpdateUsersAppMetadata]);
    }
}
