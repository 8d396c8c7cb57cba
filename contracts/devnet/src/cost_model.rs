//! The cost parameters of the protocol, read out of the host's own calibration.
//!
//! A network keeps them in its config settings. The host carries the same numbers
//! as its defaults but does not hand them out, so they are measured: the cost of
//! an operation is `constant + linear * input / 128`, hence inputs of 0 and 128
//! give both terms exactly.

use soroban_env_host::{
    budget::Budget,
    xdr::{ContractCostParamEntry, ContractCostParams, ContractCostType, ExtensionPoint},
    HostError,
};

/// The input at which the linear term counts once.
const LINEAR_SCALE: u64 = 128;

/// Cost parameters for instructions and for memory.
pub struct CostModel {
    pub instructions: ContractCostParams,
    pub memory: ContractCostParams,
}

impl CostModel {
    /// The parameters of the host's protocol.
    ///
    /// # Errors
    /// Only if the host cannot evaluate its own model.
    pub fn of_host() -> Result<Self, HostError> {
        let mut instructions = Vec::new();
        let mut memory = Vec::new();
        for kind in ContractCostType::VARIANTS {
            let (base_cpu, base_memory) = measure(kind, 0)?;
            let (cpu, bytes) = measure(kind, LINEAR_SCALE)?;
            instructions.push(entry(base_cpu, cpu));
            memory.push(entry(base_memory, bytes));
        }
        Ok(Self {
            instructions: ContractCostParams(instructions.try_into().unwrap_or_default()),
            memory: ContractCostParams(memory.try_into().unwrap_or_default()),
        })
    }
}

/// Instructions and bytes that one operation with this input costs.
fn measure(kind: ContractCostType, input: u64) -> Result<(u64, u64), HostError> {
    let budget = Budget::default();
    // An operation beyond the limit fails, but its cost is counted all the same.
    let _ = budget.charge(kind, Some(input));
    Ok((budget.get_cpu_insns_consumed()?, budget.get_mem_bytes_consumed()?))
}

fn entry(base: u64, scaled: u64) -> ContractCostParamEntry {
    ContractCostParamEntry {
        ext: ExtensionPoint::V0,
        const_term: i64::try_from(base).unwrap_or(i64::MAX),
        linear_term: i64::try_from(scaled.saturating_sub(base)).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_terms_are_those_of_the_network() {
        let model = CostModel::of_host().unwrap();
        let terms: Vec<_> = model
            .instructions
            .0
            .iter()
            .take(3)
            .map(|entry| (entry.const_term, entry.linear_term))
            .collect();
        assert_eq!(terms, [(4, 0), (434, 16), (42, 16)]);
        assert_eq!(model.instructions.0.len(), ContractCostType::VARIANTS.len());
    }

    #[test]
    fn a_budget_made_of_them_costs_what_the_host_costs() {
        let model = CostModel::of_host().unwrap();
        for kind in ContractCostType::VARIANTS {
            let own =
                Budget::try_from_configs(u64::MAX, u64::MAX, model.instructions.clone(), model.memory.clone()).unwrap();
            own.charge(kind, Some(1_000)).unwrap();
            let (cpu, memory) = measure(kind, 1_000).unwrap();
            assert_eq!(own.get_cpu_insns_consumed().unwrap(), cpu, "{kind:?}");
            assert_eq!(own.get_mem_bytes_consumed().unwrap(), memory, "{kind:?}");
        }
    }
}
